/**
 * What a call is judged and recorded by, once its node answers.
 *
 * @module
 */

import type { SentCall } from '../../core/executor-protocol/judge-receipt.ts';
import type { TicketClaims } from '../../core/executor-protocol/ticket.ts';
import type { NodeId } from '../../core/primitives/ids.ts';
import { sha256Hex } from '../kit/keys.ts';

/** What is heard of a call so long after its deadline still counts for whoever waits, in milliseconds. */
export const LAST_WORD_MS = 3_000;

export interface CallFacts extends Omit<SentCall, 'node'> {
  readonly node: NodeId;
  readonly tool: string;
  readonly plugin: string;
  readonly session: string;
  readonly deadlineAt: number;
}

/** Without its ticket where that is not known any more. */
export function toFacts(claims: TicketClaims, node: NodeId, ticket?: string): CallFacts {
  const { callKey, codeHash, argumentHash, revision, tool, plugin, session } = claims;
  const { executor, deadlineAt } = claims;
  const configHash = executor?.configHash;
  return {
    ...{ node, callKey, codeHash, argumentHash, revision, tool, plugin, session, deadlineAt },
    maxOutputBytes: executor?.limits.outputBytes ?? 0,
    ...(ticket !== undefined && { ticketHash: sha256Hex(ticket) }),
    ...(configHash !== undefined && { configHash }),
  };
}

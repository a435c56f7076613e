/**
 * Where the calls of a turn stand, by what its journal says of each.
 *
 * @module
 */

import type { CallEnd, JournaledCall } from '../../core/conversation/journal-entry.ts';
import type { AssistantMessage } from '../../core/conversation/message.ts';
import type { Usage } from '../../core/conversation/usage.ts';
import type { Denial } from '../../core/errors/denial.ts';
import type { TicketClaims } from '../../core/executor-protocol/ticket.ts';
import type { ApprovalRequest } from '../../core/policy/approval.ts';

export interface CallProgress {
  readonly tool: string;
  /** What a human was asked about it last. */
  asked?: ApprovalRequest;
  /** Refused before it was started. */
  denied?: Denial;
  /** Left to the client: set once the turn will end with it. */
  handedOver?: true;
  started?: {
    readonly claims: TicketClaims;
    readonly repeatable: boolean;
    /** Hash of the approval that was used up. */
    readonly approval?: string;
  };
  wentOutward: boolean;
  end?: CallEnd;
}

export interface RoundProgress {
  readonly message: AssistantMessage;
  readonly usage: Usage;
  readonly calls: Map<number, CallProgress>;
  finished: boolean;
}

/** The call as the next run, and the history, see it; nothing if nothing was decided yet. */
export function toJournaledCall(call: CallProgress | undefined): JournaledCall | undefined {
  if (call === undefined) return undefined;
  const { asked, denied, handedOver, started, end, wentOutward } = call;
  if (handedOver) return { kind: 'handed-over' };
  if (end !== undefined) {
    const argumentHash = started?.claims.argumentHash;
    return { kind: 'finished', end, ...(argumentHash !== undefined && { argumentHash }) };
  }
  if (denied !== undefined) return { kind: 'denied', denial: denied };
  if (started !== undefined) {
    const { claims, repeatable } = started;
    return { kind: 'started', claims, repeatable, wentOutward };
  }
  return asked && { kind: 'asked', hash: asked.hash };
}

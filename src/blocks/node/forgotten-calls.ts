/**
 * Calls that went ahead of their rows and whose rows never came, since the object was lost in between.
 * It knows nothing of them, but which node to ask.
 *
 * @module
 */

import { failedOutcome, type ToolOutcome } from '../../core/conversation/tool-result.ts';
import { MAX_CALL_WAIT_MS } from '../../core/executor-protocol/executor-run.ts';
import type { TicketClaims } from '../../core/executor-protocol/ticket.ts';
import { LAST_WORD_MS, toFacts } from './call-facts.ts';
import { send } from './connections.ts';
import type { NodeParts } from './node-parts.ts';

/**
 * Asks about a call of which nothing is known; from then on it is one that was sent. The answer
 * otherwise: nothing if it cannot have been sent, `unknown` if there is nobody left to ask.
 */
export function askForForgotten(
  parts: NodeParts,
  claims: TicketClaims,
): 'asked' | ToolOutcome | undefined {
  const { callKey, codeHash, deadlineAt } = claims;
  const node = parts.ways.of(codeHash);
  if (node === undefined) return undefined;
  if (parts.nodes.find(node) === undefined) return failedOutcome('unknown');
  const now = parts.now();
  const settleAt = Math.max(deadlineAt, now) + LAST_WORD_MS;
  const facts = toFacts(claims, node);
  const at = Math.min(earliestOf(claims), now);
  parts.transact(() => parts.calls.add({ facts, state: 'sent', settleAt }, at));
  const socket = parts.connections.of(node);
  if (socket !== undefined) send(socket, { kind: 'recall', callKey });
  return 'asked';
}

/** It did not come before, epoch milliseconds. */
function earliestOf({ deadlineAt, executor }: TicketClaims): number {
  return deadlineAt - MAX_CALL_WAIT_MS - (executor?.limits.timeoutMs ?? 0);
}

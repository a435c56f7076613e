/**
 * How a call ends here: told to whoever waits, written, and put on the record.
 *
 * @module
 */

import type { ToolOutcome } from '../../core/conversation/tool-result.ts';
import { MAX_CALL_WAIT_MS } from '../../core/executor-protocol/executor-run.ts';
import type { CallFacts } from './call-facts.ts';
import type { CallHead, StoredCall } from './call-row.ts';
import type { CallState } from './node-api.ts';
import type { NodeParts } from './node-parts.ts';

interface Settlement {
  readonly outcome: ToolOutcome;
  /** Of its receipt. */
  readonly text?: string;
  /** Why the receipt was not believed. */
  readonly lie?: string;
}

type Settled = Pick<CallHead, 'facts'>;

export function settle(parts: NodeParts, call: Settled, settlement: Settlement): void {
  parts.transact(() => writeEnd(parts, call, settlement));
  parts.tell(call.facts.callKey, settlement.outcome);
}

/**
 * What its node has signed is told at once and written a moment later, mostly together with the next
 * call. Should the object be lost in between, its row still says `sent`, and the node is asked again.
 */
export function settleSoon(parts: NodeParts, call: Settled, settlement: Settlement): void {
  parts.calls.close(call.facts.callKey);
  parts.ends.add(() => writeEnd(parts, call, settlement));
  parts.tell(call.facts.callKey, settlement.outcome);
}

/** Part of a transaction. */
function writeEnd(parts: NodeParts, { facts }: Settled, settlement: Settlement): void {
  const { outcome, text, lie } = settlement;
  const { callKey, node, tool, plugin, codeHash, revision, session: sessionId } = facts;
  const end = outcome.kind === 'ok' ? 'ok' : outcome.reason;
  parts.calls.settle(callKey, stateOf(outcome), outcome, parts.now());
  parts.record({
    action: 'node-call',
    decision: lie === undefined ? 'observed' : 'denied',
    actor: `node:${node}`,
    ...{ node, callKey, tool, plugin, codeHash, revision, sessionId, outcome: end },
    durationMs: outcome.cost.durationMs,
    ...(lie !== undefined && { reason: lie }),
    ...(text !== undefined && { receiptHmac: parts.receiptHmac(text) }),
  });
}

function stateOf(outcome: ToolOutcome): CallState {
  if (outcome.kind === 'ok') return 'done';
  return outcome.reason === 'unknown' ? 'unknown' : 'failed';
}

/** With all that has been told of it. */
export function findWritten(parts: NodeParts, callKey: string): StoredCall | undefined {
  parts.ends.write();
  return parts.calls.find(callKey);
}

/** Until when a call waits that its node has not, epoch milliseconds. */
export function waitUntil({ deadlineAt }: Pick<CallFacts, 'deadlineAt'>, now: number): number {
  return Math.min(deadlineAt, now + MAX_CALL_WAIT_MS);
}

/**
 * What a node is asked of calls whose end is not known, and what follows when it knows nothing of them.
 *
 * It is asked when it is back, when somebody recalls a call, and once more before a call is given up.
 * `absent` is its last word, unless its ledger may be older than the call (`doubt-ledger.ts`).
 *
 * @module
 */

import { failedOutcome } from '../../core/conversation/tool-result.ts';
import type { NodeId } from '../../core/primitives/ids.ts';
import { type CallFacts, LAST_WORD_MS } from './call-facts.ts';
import { type CallOrder, sendCall } from './call-order.ts';
import type { CallHead, CallUnderWay } from './call-row.ts';
import { linkOf, send } from './connections.ts';
import { doubtLedger, mayBeLost } from './doubt-ledger.ts';
import type { NodeParts } from './node-parts.ts';
import { findWritten, settle, waitUntil } from './settle-call.ts';

/** A node is back: it is asked what became of what it was sent, and sent what waited for it. */
export function resumeCalls(parts: NodeParts, node: NodeId, socket: WebSocket): void {
  parts.ends.write();
  const inDoubt = (['sent', 'unknown'] as const).flatMap((state) =>
    parts.calls.inState(node, state),
  );
  // It has signed the end of this one: so what it says of it comes first, and tells how old its ledger is.
  const witness = inDoubt.length === 0 ? undefined : parts.calls.lastDone(node);
  if (witness !== undefined) send(socket, { kind: 'recall', callKey: witness });
  for (const { facts } of inDoubt) {
    const { callKey } = facts;
    send(socket, { kind: 'recall', callKey });
    if (parts.calls.underWay(callKey)?.isCancelled) send(socket, { kind: 'cancel', callKey });
  }
  // One that ends, or whose clock is wrong, is sent what waits when it is back.
  if (linkOf(socket).state.kind === 'draining') return;
  const waiting = parts.calls.inState(node, 'waiting');
  parts.transact(() => {
    for (const { facts } of waiting) parts.calls.markSent(facts.callKey, facts.deadlineAt);
  });
  // One after the other: all orders together may be more than memory holds.
  for (const { facts } of waiting) {
    const order = parts.calls.find(facts.callKey)?.order;
    if (order !== undefined) sendCall(socket, facts.callKey, order);
  }
}

/** Asks the node of a call that was sent, if it is there: its answer may have been lost. */
export function askAgain(parts: NodeParts, callKey: string): void {
  const call = parts.calls.underWay(callKey);
  if (call?.state === 'sent') ask(parts, call.facts);
}

/** Asks about calls that nobody would wait for any longer; answers those that were asked about before. */
export function askOnceMore(parts: NodeParts, overdue: readonly CallHead[]): readonly CallHead[] {
  const isFirst = ({ state, settleAt, facts }: CallHead): boolean =>
    state === 'sent' && settleAt <= facts.deadlineAt;
  const asked = overdue.filter(isFirst);
  const settleAt = parts.now() + LAST_WORD_MS;
  parts.transact(() => {
    for (const { facts } of asked) parts.calls.markSent(facts.callKey, settleAt);
  });
  for (const { facts } of asked) ask(parts, facts);
  return overdue.filter((call) => !isFirst(call));
}

function ask(parts: NodeParts, { node, callKey }: CallFacts): void {
  const socket = parts.connections.of(node);
  if (socket !== undefined) send(socket, { kind: 'recall', callKey });
}

/**
 * The node never had it, or has not begun it and ends: it is sent again, at once or when the node is
 * back, unless nobody waits for it any more.
 */
export function sendAgain(parts: NodeParts, socket: WebSocket, callKey: string): void {
  const call = findWritten(parts, callKey);
  const open = parts.calls.underWay(callKey);
  if (call === undefined || call.facts.node !== linkOf(socket).node) return;
  if (call.state === 'done') {
    doubtLedger(parts, call.facts);
  } else if (mayBeLost(parts, call)) {
    if (call.state === 'sent') settle(parts, call, { outcome: failedOutcome('unknown') });
  } else if (call.state === 'unknown') {
    settle(parts, call, { outcome: failedOutcome('deadline') });
  } else if (open?.state !== 'sent') {
    return;
  } else if (call.order === undefined) {
    forget(parts, callKey);
  } else if (open.isCancelled) {
    settle(parts, call, { outcome: failedOutcome('cancelled') });
  } else if (parts.now() >= call.facts.deadlineAt) {
    settle(parts, call, { outcome: failedOutcome('deadline') });
  } else {
    putBack(parts, socket, { open, order: call.order });
  }
}

interface NotBegun {
  readonly open: CallUnderWay;
  readonly order: CallOrder;
}

/** Once on each connection: a node that goes on saying that it has nothing is not sent it for ever. */
function putBack(parts: NodeParts, socket: WebSocket, { open, order }: NotBegun): void {
  const { state, openedAt } = linkOf(socket);
  const { callKey } = open.facts;
  if (state.kind === 'draining') {
    const settleAt = waitUntil(open.facts, parts.now());
    parts.transact(() => parts.calls.markWaiting(callKey, settleAt));
    parts.tell(callKey, undefined); // another may be there
  } else if (open.sentAgainOn !== openedAt) {
    parts.calls.note({ ...open, sentAgainOn: openedAt });
    sendCall(socket, callKey, order);
  }
}

/** It was asked about on the chance that it had been sent: it was not, and nobody has to tell of it. */
function forget(parts: NodeParts, callKey: string): void {
  parts.transact(() => parts.calls.remove(callKey));
  parts.tell(callKey, undefined);
}

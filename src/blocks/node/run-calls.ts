/**
 * The life of a call on a node: `waiting` or `sent`, then over. It is on disk before its node hears of
 * it, or, where `straight-ways.ts` lets it, while its node runs it; and a call that is known is never
 * sent a second time but after its node has said that it never had it. How it ended is on the node's disk
 * first.
 *
 * @module
 */

import { failedOutcome, type ToolOutcome } from '../../core/conversation/tool-result.ts';
import { parseReceipt, RECEIPT_CONTEXT } from '../../core/executor-protocol/executor-receipt.ts';
import type { ExecutorFrame } from '../../core/executor-protocol/frames.ts';
import { judgeReceipt } from '../../core/executor-protocol/judge-receipt.ts';
import type { NodeId } from '../../core/primitives/ids.ts';
import { sha256Hex } from '../kit/keys.ts';
import { toFacts } from './call-facts.ts';
import { type CallOrder, sendCall } from './call-order.ts';
import type { CallHead } from './call-row.ts';
import { chooseNode } from './choose-node.ts';
import { end, linkOf, send } from './connections.ts';
import { hasSigned, recordRefusal } from './handshake.ts';
import type { ChosenNode, NodeAnswer, NodeCall } from './node-api.ts';
import type { NodeParts } from './node-parts.ts';
import type { StoredNode } from './node-store.ts';
import { askOnceMore } from './resume-calls.ts';
import { findWritten, settle, settleSoon, waitUntil } from './settle-call.ts';

type Done = Extract<ExecutorFrame, { kind: 'done' }>;

/**
 * Puts a new call on its way; answers at once only if there is no way, or another one. Nothing runs
 * that could not be put on the record.
 */
export function startCall(parts: NodeParts, call: NodeCall): NodeAnswer | undefined {
  const { claims, signed } = call;
  if (parts.unwanted.has(claims.callKey)) {
    return { kind: 'outcome', outcome: failedOutcome('cancelled') };
  }
  if (parts.outbox.isBlocked(parts.now())) {
    return { kind: 'outcome', outcome: failedOutcome('tier_unavailable') };
  }
  const chosen = chooseNode(parts, call);
  if (!chosen.ok) return { kind: 'outcome', outcome: failedOutcome(chosen.error) };
  const node = toChosen(chosen.value);
  const { id } = chosen.value;
  if (signed?.node !== id || signed.ceilingVersion !== node.ceilingVersion) {
    return signFor(parts, call, chosen.value);
  }
  parts.signing.forget(claims.callKey);

  // One that ends takes nothing on: it is sent what waits when it is back.
  const isOnline = parts.connections.stateOf(id) === 'online';
  const socket = isOnline ? parts.connections.of(id) : undefined;
  const state = socket === undefined ? 'waiting' : 'sent';
  const { argumentsText, configText } = call;
  const order: CallOrder = {
    ticket: signed.ticket,
    argumentsText,
    ...(configText !== undefined && { configText }),
    ...(signed.sealedSecrets !== undefined && { sealedSecrets: signed.sealedSecrets }),
  };
  const now = parts.now();
  const { callKey, codeHash, deadlineAt } = claims;
  const settleAt = state === 'sent' ? deadlineAt : waitUntil(claims, now);
  const facts = toFacts(claims, id, signed.ticket);
  const write = (): void =>
    parts.transact(() => {
      if (state === 'sent') parts.ways.set(codeHash, id, now);
      parts.calls.add({ facts, state, settleAt, order }, now);
    });
  // Nothing that is not written yet holds a frame back: so it leaves before its row, not after it.
  const isAhead = socket !== undefined && parts.ways.isStraight(codeHash, id);
  if (isAhead) sendCall(socket, callKey, order);
  write();
  if (socket !== undefined && !isAhead) sendCall(socket, callKey, order);
  return undefined;
}

/** Names a node to a call, which counts there from now on. */
export function signFor(
  parts: NodeParts,
  { claims }: NodeCall,
  node: StoredNode,
): Extract<NodeAnswer, { kind: 'sign-for' }> {
  parts.signing.tell(claims.callKey, node.id, parts.now());
  return { kind: 'sign-for', ...toChosen(node) };
}

function toChosen({ id, ceiling, ceilingChanges = 0, offer }: StoredNode): ChosenNode {
  const sealingKey = offer?.sealing?.key;
  return {
    ...{ node: id, ceiling, ceilingVersion: 1 + ceilingChanges },
    ...(sealingKey !== undefined && { sealingKey }),
  };
}

/** A node says how a call has ended. What cannot be true ends the call as unknown, on the record. */
export function finishCall(parts: NodeParts, socket: WebSocket, frame: Done): void {
  const { node } = linkOf(socket);
  const call = parts.calls.underWay(frame.callKey) ?? findWritten(parts, frame.callKey);
  const stored = parts.nodes.find(node);
  if (call === undefined || stored === undefined) return;
  if (call.facts.node !== node) {
    recordRefusal(parts, node, { reason: 'other_call' });
    return;
  }
  const isSigned = hasSigned(stored, RECEIPT_CONTEXT + frame.receipt, frame.signature);
  const receipt = isSigned ? parseReceipt(frame.receipt) : undefined;
  const hasEnd = call.state === 'done' || call.state === 'failed';
  if (receipt === undefined) {
    if (!hasEnd) settle(parts, call, { outcome: failedOutcome('unknown'), lie: 'receipt_refused' });
    end(socket, 'refused');
    return;
  }
  if (hasEnd) return;
  const { signature, output } = frame;
  const answer = {
    text: frame.receipt,
    signature,
    receipt,
    ...(output !== undefined && { output }),
  };
  const judged = judgeReceipt(answer, call.facts, sha256Hex);
  // Of one that is unknown already, it says nothing new: said again and again, it fills no record.
  if (call.state === 'unknown' && !(judged.ok && isTold(judged.value))) return;
  if (!judged.ok) settle(parts, call, { outcome: failedOutcome('unknown'), lie: judged.error });
  else settleSoon(parts, call, { outcome: judged.value, text: frame.receipt });
}

/** Whether it says what became of the call. */
function isTold(outcome: ToolOutcome): boolean {
  return outcome.kind === 'ok' || outcome.reason !== 'unknown';
}

/** Nobody waits any longer. */
export function settleOverdue(parts: NodeParts): void {
  const now = parts.now();
  parts.ends.write();
  giveUp(parts, askOnceMore(parts, parts.calls.overdue(now)));
  parts.transact(() => parts.calls.sweep(now));
}

/** The turn does not want it any more: what waits ends, what runs is asked to, now or when its node is back. */
export function cancelCall(parts: NodeParts, callKey: string): void {
  if (!parts.calls.isKnown(callKey)) parts.unwanted.add(callKey, parts.now());
  const call = parts.calls.underWay(callKey);
  if (call?.state === 'waiting') settle(parts, call, { outcome: failedOutcome('cancelled') });
  if (call?.state !== 'sent') return;
  // Its node may not hear of it now.
  parts.calls.note({ ...call, isCancelled: true });
  const socket = parts.connections.of(call.facts.node);
  if (socket !== undefined) send(socket, { kind: 'cancel', callKey });
}

/** A node that is revoked takes its calls with it. */
export function abandonCalls(parts: NodeParts, node: NodeId): void {
  parts.ends.write();
  giveUp(parts, parts.calls.inState(node, 'sent'));
  abandonWaiting(parts, node);
}

/** What waits for a node was signed for what it might do then. */
export function abandonWaiting(parts: NodeParts, node: NodeId): void {
  giveUp(parts, parts.calls.inState(node, 'waiting'));
}

/** What was sent may have run, what waited has not. */
function giveUp(parts: NodeParts, calls: readonly CallHead[]): void {
  for (const call of calls) {
    const reason = call.state === 'sent' ? 'unknown' : 'tier_unavailable';
    settle(parts, call, { outcome: failedOutcome(reason) });
  }
}

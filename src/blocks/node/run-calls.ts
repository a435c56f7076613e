/**
 * The life of a call on a node: `waiting` or `sent`, then over. It is on disk before its node hears of
 * it, or, where `straight-ways.ts` lets it, while its node runs it; and a call that is known is never
 * sent a second time but after its node has said that it never had it. How it ended is on the node's disk
 * first.
 *
 * @module
 */

import type { ToolOutcome } from '../../core/conversation/tool-result.ts';
import type { CheckReason } from '../../core/errors/reasons.ts';
import { parseReceipt, RECEIPT_CONTEXT } from '../../core/executor-protocol/executor-receipt.ts';
import type { ExecutorFrame } from '../../core/executor-protocol/frames.ts';
import { judgeReceipt } from '../../core/executor-protocol/judge-receipt.ts';
import type { NodeId } from '../../core/primitives/ids.ts';
import { sha256Hex } from '../kit/keys.ts';
import { LAST_WORD_MS, toFacts } from './call-facts.ts';
import type { CallOrder, StoredCall } from './call-store.ts';
import { chooseNode } from './choose-node.ts';
import { end, linkOf, send } from './connections.ts';
import { hasSigned } from './handshake.ts';
import type { CallState, ChosenNode, NodeAnswer, NodeCall } from './node-api.ts';
import type { NodeParts } from './node-parts.ts';
import type { StoredNode } from './node-store.ts';

/** Longest time that a call waits for a node that is away, in milliseconds. */
export const WAIT_MS = 60_000;

type Failure = CheckReason<'dispatch'>;
type Done = Extract<ExecutorFrame, { kind: 'done' }>;

/**
 * Puts a new call on its way; answers at once only if there is no way, or another one. Nothing runs
 * that could not be put on the record.
 */
export function startCall(parts: NodeParts, call: NodeCall): NodeAnswer | undefined {
  const { claims, signed } = call;
  if (parts.outbox.isBlocked(parts.now())) {
    return { kind: 'outcome', outcome: failed('tier_unavailable') };
  }
  const chosen = chooseNode(parts, call);
  if (!chosen.ok) return { kind: 'outcome', outcome: failed(chosen.error) };
  const node = toChosen(chosen.value);
  const { id } = chosen.value;
  if (signed?.node !== id || signed.ceilingVersion !== node.ceilingVersion) {
    return { kind: 'sign-for', ...node };
  }

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
  const settleAt =
    state === 'sent' ? deadlineAt + LAST_WORD_MS : Math.min(deadlineAt, now + WAIT_MS);
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

function toChosen({ id, ceiling, ceilingChanges = 0, offer }: StoredNode): ChosenNode {
  const sealingKey = offer?.sealing?.key;
  return {
    ...{ node: id, ceiling, ceilingVersion: 1 + ceilingChanges },
    ...(sealingKey !== undefined && { sealingKey }),
  };
}

/** A node is back: it is asked what became of what it was sent, and sent what waited for it. */
export function resumeCalls(parts: NodeParts, node: NodeId, socket: WebSocket): void {
  parts.ends.write();
  const inDoubt = (['sent', 'unknown'] as const).flatMap((state) =>
    parts.calls.inState(node, state),
  );
  for (const { facts } of inDoubt) {
    const { callKey } = facts;
    send(socket, { kind: 'recall', callKey });
    if (parts.calls.underWay(callKey)?.isCancelled) send(socket, { kind: 'cancel', callKey });
  }
  const waiting = parts.calls.inState(node, 'waiting');
  parts.transact(() => {
    for (const { facts } of waiting) {
      parts.calls.markSent(facts.callKey, facts.deadlineAt + LAST_WORD_MS);
    }
  });
  for (const { facts, order } of waiting) {
    if (order !== undefined) sendCall(socket, facts.callKey, order);
  }
}

/**
 * The node never had it, or has not begun it and ends: it is sent again, at once or when the node is
 * back, unless nobody waits for it any more.
 */
export function sendAgain(parts: NodeParts, socket: WebSocket, callKey: string): void {
  const call = findWritten(parts, callKey);
  const { node, state } = linkOf(socket);
  if (call === undefined || call.facts.node !== node) return;
  if (call.state === 'sent' && call.order === undefined) forget(parts, callKey);
  else if (parts.calls.underWay(callKey)?.isCancelled) {
    settle(parts, call, { outcome: failed('cancelled') });
  } else if (call.state === 'sent' && call.order !== undefined) {
    if (state.kind === 'draining') {
      const settleAt = Math.min(call.facts.deadlineAt, parts.now() + WAIT_MS);
      parts.transact(() => parts.calls.markWaiting(callKey, settleAt));
    } else sendCall(socket, callKey, call.order);
  }
  if (call.state === 'unknown') settle(parts, call, { outcome: failed('deadline') });
}

/** It was asked about on the chance that it had been sent: it was not, and nobody has to tell of it. */
function forget(parts: NodeParts, callKey: string): void {
  parts.transact(() => parts.calls.remove(callKey));
  parts.tell(callKey, undefined);
}

/** Whether a node has this call, and it is not over. */
export function isRunBy({ calls }: NodeParts, node: NodeId, callKey: string): boolean {
  return calls.isSentTo(node, callKey);
}

/** A node says how a call has ended. What cannot be true ends the call as unknown, on the record. */
export function finishCall(parts: NodeParts, socket: WebSocket, frame: Done): void {
  const { node } = linkOf(socket);
  const call = parts.calls.underWay(frame.callKey) ?? findWritten(parts, frame.callKey);
  const stored = parts.nodes.find(node);
  if (call === undefined || call.facts.node !== node || stored === undefined) {
    return;
  }
  const isSigned = hasSigned(stored, RECEIPT_CONTEXT + frame.receipt, frame.signature);
  const receipt = isSigned ? parseReceipt(frame.receipt) : undefined;
  if (receipt === undefined) {
    settle(parts, call, { outcome: failed('unknown'), lie: 'receipt_refused' });
    end(socket, 'refused');
    return;
  }
  if (call.state === 'done' || call.state === 'failed') return;
  const { signature, output } = frame;
  const answer = {
    text: frame.receipt,
    signature,
    receipt,
    ...(output !== undefined && { output }),
  };
  const judged = judgeReceipt(answer, call.facts, sha256Hex);
  if (!judged.ok) settle(parts, call, { outcome: failed('unknown'), lie: judged.error });
  else settleSoon(parts, call, { outcome: judged.value, text: frame.receipt });
}

/** With all that has been told of it. */
export function findWritten(parts: NodeParts, callKey: string): StoredCall | undefined {
  parts.ends.write();
  return parts.calls.find(callKey);
}

/** Nobody waits any longer. */
export function settleOverdue(parts: NodeParts): void {
  const now = parts.now();
  parts.ends.write();
  giveUp(parts, parts.calls.overdue(now));
  parts.transact(() => parts.calls.sweep(now));
}

/** The turn does not want it any more: what waits ends, what runs is asked to, now or when its node is back. */
export function cancelCall(parts: NodeParts, callKey: string): void {
  const call = parts.calls.underWay(callKey);
  if (call?.state === 'waiting') settle(parts, call, { outcome: failed('cancelled') });
  if (call?.state !== 'sent') return;
  parts.calls.cancel(call);
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
function giveUp(parts: NodeParts, calls: readonly StoredCall[]): void {
  for (const call of calls) {
    const reason = call.state === 'sent' ? 'unknown' : 'tier_unavailable';
    settle(parts, call, { outcome: failed(reason) });
  }
}

interface Settlement {
  readonly outcome: ToolOutcome;
  /** Of its receipt. */
  readonly text?: string;
  /** Why the receipt was not believed. */
  readonly lie?: string;
}

type Settled = Pick<StoredCall, 'facts'>;

function settle(parts: NodeParts, call: Settled, settlement: Settlement): void {
  parts.transact(() => writeEnd(parts, call, settlement));
  parts.tell(call.facts.callKey, settlement.outcome);
}

/**
 * What its node has signed is told at once and written a moment later, mostly together with the next
 * call. Should the object be lost in between, its row still says `sent`, and the node is asked again.
 */
function settleSoon(parts: NodeParts, call: Settled, settlement: Settlement): void {
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

function sendCall(socket: WebSocket, callKey: string, order: CallOrder): void {
  const { ticket, argumentsText, configText, sealedSecrets } = order;
  send(socket, {
    ...{ kind: 'call', callKey, ticket, arguments: argumentsText },
    ...(configText !== undefined && { config: configText }),
    ...(sealedSecrets !== undefined && { secrets: sealedSecrets }),
  });
}

function failed(reason: Failure): ToolOutcome {
  return { kind: 'failed', reason, cost: { durationMs: 0 } };
}

/**
 * Carries an update out: one turn, and then its answer into the outbox. Every step may be done again
 * after a crash: the session knows the turn by the update, and the answer is written with its end.
 *
 * @module
 */

import { ADAPTERS } from '../../channels/adapters.ts';
import type { Update } from '../../channels/update.ts';
import { FIXED_REPLIES, type FixedReply } from '../../core/channels/fixed-replies.ts';
import { judgeSender } from '../../core/channels/judge-sender.ts';
import { charge, leftOf } from '../../core/policy/ledger.ts';
import { mostSpendOf } from '../../core/policy/turn-limits.ts';
import type { TurnSummary } from '../session/session-api.ts';
import { openSession } from '../session/session-client.ts';
import { hasEnded } from '../session/turn-store.ts';
import { authorityTo } from './channel-authority.ts';
import type { ChannelParts } from './channel-parts.ts';
import type { StoredChannel } from './channel-store.ts';
import type { Progress } from './ordered-work.ts';
import { boundsOf } from './sender-bounds.ts';
import { toAdmission } from './session-turn.ts';
import type { StoredUpdate } from './update-store.ts';
import { writeReply } from './write-reply.ts';

/** How long one question for a turn's end waits, in milliseconds. */
const WAIT_MS = 20_000;

/** How soon a turn that waits for a human is asked after again, in milliseconds. */
const LOOK_AGAIN_MS = 3_000;

/** Whoever is kept out hears nothing, but where he would go on waiting in plain sight. */
const NOT_ALLOWED = 'not_allowed';

/** What passes by itself. */
const PASSES = new Set(['rate_limited', 'audit_unavailable', 'lane_full', 'turn_waiting']);

type Turned =
  | { readonly kind: 'turn'; readonly turn: TurnSummary }
  | { readonly kind: 'refused'; readonly code: string }
  /** Its turn is under way, and may spend what is held for it. */
  | { readonly kind: 'running' }
  | { readonly kind: 'later' };

export async function carryOutUpdate(parts: ChannelParts, seq: number): Promise<Progress> {
  const update = parts.updates.find(seq);
  const channel = update && parts.channels.find(update.channel);
  if (channel === undefined || update?.status !== 'waiting') {
    parts.slices.release(seq);
    return 'done';
  }
  const turned = await turnOf(parts, channel, update).catch((thrown): Turned => {
    if (bears(parts, update)) throw thrown;
    return { kind: 'refused', code: 'internal' };
  });
  const again = { again: parts.now() + LOOK_AGAIN_MS };
  if (turned.kind === 'running') return again;
  if (turned.kind === 'refused') refuse(parts, channel, update, turned.code);
  if (turned.kind === 'turn') {
    parts.patience.renew(update.facts.sessionId ?? '');
    answer(parts, channel, update, turned.turn);
  }
  // After what was spent is written down.
  parts.slices.release(seq);
  return turned.kind === 'later' ? again : 'done';
}

async function turnOf(
  parts: ChannelParts,
  channel: StoredChannel,
  stored: StoredUpdate,
): Promise<Turned> {
  const { sessionId, turnId } = stored.facts;
  if (sessionId === undefined || turnId === undefined) return beginTurn(parts, channel, stored);
  const session = openSession(parts.env, parts.workspace, sessionId);
  const turn = await session.awaitTurn(turnId, WAIT_MS);
  // Somebody may have deleted the conversation.
  if (turn === undefined) return { kind: 'refused', code: 'not_found' };
  if (hasEnded(turn)) return { kind: 'turn', turn };
  return { kind: turn.status === 'waiting' ? 'later' : 'running' };
}

async function beginTurn(
  parts: ChannelParts,
  channel: StoredChannel,
  stored: StoredUpdate,
): Promise<Turned> {
  const { update, principal, sessionId } = stored.facts;
  if (update === undefined || principal === undefined || sessionId === undefined) {
    return { kind: 'refused', code: 'internal' };
  }
  const authority = await authorityTo(parts, channel, 'receive');
  // Its channel was removed while the workspace was asked, or he was denied: that has ended the turns which
  // had begun.
  if (parts.updates.find(stored.seq) === undefined) return { kind: 'refused', code: 'not_found' };
  if (isKeptOut(parts, channel, update)) return { kind: 'refused', code: NOT_ALLOWED };
  if (authority === undefined) return { kind: 'refused', code: 'denied' };
  const { grants, budget } = boundsOf(parts, channel, { sender: update.sender, principal });
  const left = leftOf(parts.senders.spentBy(principal, parts.now()), budget);
  if (left.tokens === 0) return { kind: 'refused', code: 'budget_exhausted' };
  const most = mostSpendOf(authority.policy.limits);
  const ceiling = parts.slices.hold(stored.seq, principal, { left, most });
  if (ceiling === undefined) return { kind: 'later' };
  // Not at every further attempt.
  if (!parts.patience.isTried(sessionId, stored.seq, parts.now())) parts.sign(channel, stored);
  const order = toAdmission(parts, channel, { update, principal, sessionId, ceiling, grants });
  const ran = await openSession(parts.env, parts.workspace, sessionId).runTurn(order, WAIT_MS);
  if (!ran.ok) {
    const { code } = ran.error;
    const passes = PASSES.has(code) && bears(parts, stored);
    return passes ? { kind: 'later' } : { kind: 'refused', code };
  }
  const isSummary = 'status' in ran.value;
  if (isSummary && ran.value.status !== 'waiting') return { kind: 'turn', turn: ran.value };
  const facts = { ...stored.facts, turnId: ran.value.turnId };
  parts.transact(() => parts.updates.setFacts(stored, facts));
  return { kind: isSummary ? 'later' : 'running' };
}

/** Somebody may have denied him while his message waited. */
function isKeptOut(
  { senders }: ChannelParts,
  { spec }: StoredChannel,
  { sender }: Pick<Update, 'sender'>,
): boolean {
  const known = senders.find({ channel: spec.name, sender });
  return judgeSender(spec.access, sender, known?.state) === 'refuse';
}

/** Whether it is to be tried again. */
function bears({ patience, now }: ChannelParts, { facts, seq }: StoredUpdate): boolean {
  return patience.bears(facts.sessionId ?? '', seq, now());
}

function answer(
  parts: ChannelParts,
  channel: StoredChannel,
  stored: StoredUpdate,
  turn: TurnSummary,
): void {
  const { principal = '', update } = stored.facts;
  const { turnId, usage, code, status, output } = turn;
  const isHeard = update !== undefined && !isKeptOut(parts, channel, update);
  const words = status === 'finished' ? wordsOf(channel, output) : FIXED_REPLIES.failed;
  const text = isHeard ? words : ifWaiting(channel, 'refused');
  const tokens = usage.inputTokens + usage.outputTokens;
  const replies = parts.transact(() => {
    const spent = parts.senders.spentBy(principal, parts.now());
    const charged = charge(spent, { tokens, costMicroUsd: usage.costMicroUsd });
    parts.senders.setSpent(principal, charged);
    const facts = { ...stored.facts, turnId, ...(code !== undefined && { code }) };
    return parts.updates.settle(stored, 'answered', facts)
      ? reply(parts, channel, stored, text)
      : [];
  });
  parts.send(channel.spec.name, update?.chat ?? '', replies);
}

function refuse(
  parts: ChannelParts,
  channel: StoredChannel,
  stored: StoredUpdate,
  code: string,
): void {
  const replies = parts.transact(() => {
    if (!parts.updates.settle(stored, 'refused', { ...stored.facts, code })) return [];
    parts.record({
      ...{ action: 'channel-update', decision: 'denied', reason: code },
      ...{ actor: `channel:${stored.facts.principal}`, channel: channel.spec.name },
    });
    const text = code === NOT_ALLOWED ? ifWaiting(channel, 'refused') : FIXED_REPLIES.failed;
    return reply(parts, channel, stored, text);
  });
  parts.send(channel.spec.name, stored.facts.update?.chat ?? '', replies);
}

/** A model that says nothing is not heard, but where its answer is seen to be awaited. */
function wordsOf(channel: StoredChannel, output: string): string {
  return output.trim() === '' ? ifWaiting(channel, 'empty') : output;
}

function ifWaiting({ spec }: StoredChannel, words: FixedReply): string {
  return ADAPTERS[spec.platform].showsWaiting ? FIXED_REPLIES[words] : '';
}

/** Part of a transaction; without anything to see there is no reply. */
function reply(
  parts: ChannelParts,
  channel: StoredChannel,
  { facts }: StoredUpdate,
  text: string,
): readonly number[] {
  const { update, replyToken: sealedToken } = facts;
  if (update === undefined) return [];
  const token = sealedToken !== undefined && { sealedToken };
  return writeReply(parts, channel, { ...update, text, ...token });
}

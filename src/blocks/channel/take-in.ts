/**
 * Decides what becomes of one update, and writes that down: a message of somebody who may talk waits for
 * its turn, a code is redeemed, and all else is refused. Part of a transaction.
 *
 * @module
 */

import { ADAPTERS } from '../../channels/adapters.ts';
import type { Update } from '../../channels/update.ts';
import { FIXED_REPLIES, type FixedReply } from '../../core/channels/fixed-replies.ts';
import { judgeSender, type SenderVerdict } from '../../core/channels/judge-sender.ts';
import { readPairingCode } from '../../core/channels/pairing-code.ts';
import type { PairingDescription } from './channel-api.ts';
import type { ChannelParts } from './channel-parts.ts';
import type { StoredChannel } from './channel-store.ts';
import { offerLink, redeemLink } from './link-accounts.ts';
import { hashOfCode, toPairing } from './pairings.ts';
import { MAX_PENDING } from './sender-store.ts';
import { sessionOf } from './session-of.ts';
import { writeReply } from './write-reply.ts';

/** What is to be begun when the transaction is over. */
export interface TakenIn {
  /** Of an update that waits for its turn: its session, which is its lane, and its number. */
  readonly waiting?: { readonly lane: string; readonly seq: number };
  readonly replies: readonly number[];
  /** Of one that was not stored: when its sender may send it again, in milliseconds from now. */
  readonly retryAfterMs?: number;
}

export function takeIn(parts: ChannelParts, channel: StoredChannel, update: Update): TakenIn {
  const { spec } = channel;
  const key = { channel: spec.name, sender: update.sender };
  if (update.isBot) return refuse(parts, channel, update, { code: 'bot' });
  const known = parts.senders.find(key);
  const verdict = judgeSender(spec.access, update.sender, known?.state);
  const retryAfterMs = parts.rates.take(key, spec.senderRate, parts.now());
  if (retryAfterMs > 0) {
    // A row for each would let a visitor fill the disk with what he is refused.
    if (ADAPTERS[spec.platform].hearsRefusals) return { replies: [], retryAfterMs };
    return refuse(parts, channel, update, { code: 'rate_limited' });
  }
  if (verdict === 'refuse') return refuse(parts, channel, update, { code: 'not_allowed' });
  const redeemed = redeem(parts, channel, { update, known, verdict });
  if (redeemed !== undefined) return refuse(parts, channel, update, redeemed);
  if (verdict === 'prove') return refuse(parts, channel, update, { code: 'not_paired' });
  if (verdict === 'ask') return ask(parts, channel, update, known);
  return wait(parts, channel, update, known);
}

function wait(
  parts: ChannelParts,
  channel: StoredChannel,
  update: Update,
  known: PairingDescription | undefined,
): TakenIn {
  const { name } = channel.spec;
  const { replyToken, ...kept } = update;
  const principal = principalOf(parts, channel, { update, known });
  const told = offerLink(parts, channel, { update, principal });
  if (told !== undefined) return refuse(parts, channel, update, { code: 'link_asked', told });
  const sessionId = sessionOf(parts, channel, { update, principal });
  const seq = parts.updates.insert({
    ...{ channel: name, updateId: update.updateId, status: 'waiting', receivedAt: parts.now() },
    facts: {
      ...{ update: kept, principal, sessionId },
      ...(replyToken !== undefined && {
        replyToken: parts.safe.sealToken(name, update.updateId, replyToken),
      }),
    },
  });
  return { waiting: { lane: sessionId, seq }, replies: [] };
}

/** The first message of a stranger is answered; who asks again is not told again. */
function ask(
  parts: ChannelParts,
  channel: StoredChannel,
  update: Update,
  known: PairingDescription | undefined,
): TakenIn {
  const { name } = channel.spec;
  if (known !== undefined) return refuse(parts, channel, update, { code: 'not_paired' });
  if (parts.senders.countPending(name) >= MAX_PENDING) {
    return refuse(parts, channel, update, { code: 'too_many_pending' });
  }
  parts.senders.put(name, toPairing(parts, channel, update.sender));
  return refuse(parts, channel, update, { code: 'not_paired', reply: 'asked' });
}

export interface Refused {
  readonly code: string;
  readonly reply?: FixedReply;
  /** A reply in words of its own. */
  readonly told?: string;
}

/** Keeps the id, so that it comes once, and nothing of what was written. */
export function refuse(
  parts: ChannelParts,
  channel: StoredChannel,
  update: Update,
  { code, reply, told }: Refused,
): TakenIn {
  const { name } = channel.spec;
  const { updateId, sender } = update;
  const principal = toPairing(parts, channel, sender).principal;
  parts.updates.insert({
    ...{ channel: name, updateId, status: 'refused', receivedAt: parts.now() },
    facts: { principal, code },
  });
  const text = told ?? (reply && FIXED_REPLIES[reply]);
  if (text === undefined) return { replies: [] };
  return { replies: writeReply(parts, channel, { ...update, text }) };
}

interface Speaking {
  readonly update: Update;
  readonly known: PairingDescription | undefined;
}

function principalOf(
  parts: ChannelParts,
  channel: StoredChannel,
  { update, known }: Speaking,
): string {
  return known?.principal ?? toPairing(parts, channel, update.sender).principal;
}

/** A code is used up by whoever sends it, and is no message. */
function redeem(
  parts: ChannelParts,
  channel: StoredChannel,
  { update, known, verdict }: Speaking & { readonly verdict: SenderVerdict },
): Refused | undefined {
  const { name } = channel.spec;
  const { sender, text } = update;
  const code = readPairingCode(text);
  const now = parts.now();
  if (code === undefined || !parts.codes.mayTry(name, sender, now)) return undefined;
  const live = parts.codes.redeem(name, hashOfCode(parts, name, code), now);
  const linked = live || verdict !== 'admit' ? undefined : redeemLink(parts, channel, code);
  if (live === undefined && linked === undefined) return undefined;
  const joins = live?.joins ?? linked;
  const pairing = known ?? toPairing(parts, channel, sender);
  const principal = joins ?? pairing.principal;
  parts.senders.put(name, { ...pairing, principal, state: 'paired' });
  parts.record({
    ...{ action: 'channel-paired', decision: 'allowed', reason: joins ? 'joined' : 'code' },
    ...{ actor: `channel:${principal}`, channel: name },
  });
  return joins === undefined
    ? { code: 'code_redeemed', reply: 'paired' }
    : { code: 'code_redeemed', reply: 'joined' };
}

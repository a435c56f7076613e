/**
 * Decides what becomes of one update, and writes that down: a message of somebody who may talk waits for
 * its turn, a code is redeemed, and all else is refused. Part of a transaction.
 *
 * @module
 */

import type { Update } from '../../channels/update.ts';
import { FIXED_REPLIES, type FixedReply } from '../../core/channels/fixed-replies.ts';
import { judgeSender } from '../../core/channels/judge-sender.ts';
import { readPairingCode } from '../../core/channels/pairing-code.ts';
import type { PairingDescription } from './channel-api.ts';
import type { ChannelParts } from './channel-parts.ts';
import type { StoredChannel } from './channel-store.ts';
import { hashOfCode, toPairing } from './pairings.ts';
import { MAX_PENDING } from './sender-store.ts';
import { sessionOf } from './session-of.ts';
import { writeReply } from './write-reply.ts';

/** What is to be begun when the transaction is over. */
export interface TakenIn {
  /** Of an update that waits for its turn: its session, which is its lane, and its number. */
  readonly waiting?: { readonly lane: string; readonly seq: number };
  readonly replies: readonly number[];
}

export function takeIn(parts: ChannelParts, channel: StoredChannel, update: Update): TakenIn {
  const { spec } = channel;
  const key = { channel: spec.name, sender: update.sender };
  if (update.isBot) return refuse(parts, channel, update, { code: 'bot' });
  const known = parts.senders.find(key);
  const verdict = judgeSender(spec.access, update.sender, known?.state);
  if (!parts.rates.take(key, spec.senderRate, parts.now())) {
    return refuse(parts, channel, update, { code: 'rate_limited' });
  }
  if (verdict === 'refuse') return refuse(parts, channel, update, { code: 'not_allowed' });
  const redeemed = redeem(parts, channel, update, known);
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
  const principal = known?.principal ?? toPairing(parts, name, update.sender).principal;
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
  parts.senders.put(name, toPairing(parts, name, update.sender));
  return refuse(parts, channel, update, { code: 'not_paired', reply: 'asked' });
}

interface Refused {
  readonly code: string;
  readonly reply?: FixedReply;
}

/** Keeps the id, so that it comes once, and nothing of what was written. */
function refuse(
  parts: ChannelParts,
  channel: StoredChannel,
  update: Update,
  { code, reply }: Refused,
): TakenIn {
  const { name } = channel.spec;
  const { updateId, sender } = update;
  const principal = toPairing(parts, name, sender).principal;
  parts.updates.insert({
    ...{ channel: name, updateId, status: 'refused', receivedAt: parts.now() },
    facts: { principal, code },
  });
  if (reply === undefined) return { replies: [] };
  return { replies: writeReply(parts, channel, { update, text: FIXED_REPLIES[reply] }) };
}

/** A code is used up by whoever sends it, and is no message. */
function redeem(
  parts: ChannelParts,
  { spec }: StoredChannel,
  { sender, text }: Update,
  known: PairingDescription | undefined,
): Refused | undefined {
  const code = readPairingCode(text);
  const now = parts.now();
  if (code === undefined || !parts.codes.mayTry(spec.name, sender, now)) return undefined;
  const live = parts.codes.redeem(spec.name, hashOfCode(parts, spec.name, code), now);
  if (live === undefined) return undefined;
  const { joins } = live;
  const pairing = known ?? toPairing(parts, spec.name, sender);
  const principal = joins ?? pairing.principal;
  parts.senders.put(spec.name, { ...pairing, principal, state: 'paired' });
  parts.record({
    ...{ action: 'channel-paired', decision: 'allowed', reason: joins ? 'joined' : 'code' },
    ...{ actor: `channel:${principal}`, channel: spec.name },
  });
  return joins === undefined
    ? { code: 'code_redeemed', reply: 'paired' }
    : { code: 'code_redeemed', reply: 'joined' };
}

/**
 * Sends one part of a reply. That it is being sent is on disk before the request leaves, so that after a
 * crash it is known which requests may have been done.
 *
 * @module
 */

import type { OutgoingRequest, SendOutcome } from '../../channels/adapter.ts';
import { ADAPTERS } from '../../channels/adapters.ts';
import { delayAfter, maySendAgain } from '../../channels/send-again.ts';
import { followsMove } from '../../core/channels/serves-chat.ts';
import { askAccess } from './ask-access.ts';
import { authorityTo } from './channel-authority.ts';
import type { ChannelParts } from './channel-parts.ts';
import type { StoredChannel } from './channel-store.ts';
import { openPlatform, sendingContext } from './open-platform.ts';
import type { Progress } from './ordered-work.ts';
import type { StoredReply } from './reply-store.ts';
import { sendRequest } from './send-request.ts';

export async function sendReply(parts: ChannelParts, seq: number): Promise<Progress> {
  const reply = parts.replies.find(seq);
  const channel = reply && parts.channels.find(reply.channel);
  if (channel === undefined || reply?.status !== 'pending') return 'done';
  const { platform } = channel.spec;
  if (platform === 'web-chat') return handOver(parts, channel, reply);
  const api = await openPlatform(parts, channel);
  if (typeof api === 'string') return settle(parts, reply, { kind: 'refused', code: api });
  const trying = { ...reply, attempts: reply.attempts + 1 };
  const access = await askAccess(parts, channel, api.privateHosts);
  if (access.kind !== 'access') return settle(parts, trying, access);
  if (isGone(parts, reply)) return 'done';
  const request = toRequest(parts, channel, { reply, by: { base: api.base, access } });
  const sending = { ...trying, status: 'sending' } as const;
  parts.transact(() => parts.replies.change(sending));
  const answer = await sendRequest(api.network, request);
  if (answer?.status === 401 && !access.isNew) {
    parts.tokens.drop(channel.spec.name);
    return settle(parts, sending, { kind: 'busy' });
  }
  const { readAnswer } = ADAPTERS[platform];
  const outcome = answer === undefined ? ({ kind: 'unsure' } as const) : readAnswer(answer);
  return settle(parts, sending, learnMove(parts, channel, reply, outcome));
}

/** Of a chat that is called otherwise now, and whose platform said so when nobody heard it. */
function learnMove(
  { moves, transact }: ChannelParts,
  { spec }: StoredChannel,
  { part }: StoredReply,
  outcome: SendOutcome,
): SendOutcome {
  if (outcome.kind !== 'refused' || outcome.movedTo === undefined) return outcome;
  const move = { from: part.chat, to: outcome.movedTo };
  const isNews = followsMove(spec, move) && transact(() => moves.add(spec.name, move));
  return isNews ? { kind: 'busy' } : outcome;
}

/** A web chat's reader takes it from here: it is sent once it is there for him. */
async function handOver(
  parts: ChannelParts,
  channel: StoredChannel,
  reply: StoredReply,
): Promise<Progress> {
  const authority = await authorityTo(parts, channel, 'send');
  if (authority === undefined) return settle(parts, reply, { kind: 'refused', code: 'denied' });
  if (isGone(parts, reply)) return 'done';
  const { name } = channel.spec;
  const { chat } = reply.part;
  parts.transact(() => {
    const cursor = parts.chats.append({ channel: name, chat }, reply.seq, parts.now());
    settle(
      parts,
      { ...reply, attempts: reply.attempts + 1 },
      { kind: 'sent', receipt: `${cursor}` },
    );
  });
  parts.push(name, chat);
  return 'done';
}

/** With its channel, while something was asked for: another one may have its name by now. */
function isGone({ replies }: ChannelParts, { seq }: StoredReply): boolean {
  return replies.find(seq) === undefined;
}

type SendingBy = Parameters<typeof sendingContext>[2];

function toRequest(
  parts: ChannelParts,
  channel: StoredChannel,
  { reply, by }: { readonly reply: StoredReply; readonly by: SendingBy },
): OutgoingRequest {
  const { platform, name } = channel.spec;
  const { updateId, replyToken: sealed } = reply.part;
  const token = sealed && { replyToken: parts.safe.openToken(name, updateId, sealed) };
  const part = { ...reply.part, ...token, chat: parts.moves.presentOf(name, reply.part.chat) };
  return ADAPTERS[platform].render(part, sendingContext(parts, channel, by));
}

function settle(parts: ChannelParts, reply: StoredReply, outcome: SendOutcome): Progress {
  const after = judge(reply, hearEarly(parts, reply, outcome), parts.now());
  parts.transact(() => {
    parts.replies.change(after);
    if (after.status !== 'pending') recordEnd(parts, after);
  });
  if (after.status !== 'pending') return 'done';
  const wanted = outcome.kind === 'busy' ? outcome.retryAfterMs : undefined;
  return { again: parts.now() + delayAfter(reply.attempts, wanted) };
}

/** The platform may have said already that it came to nothing. */
function hearEarly(
  { earlyFailures }: ChannelParts,
  { channel }: StoredReply,
  outcome: SendOutcome,
): SendOutcome {
  if (outcome.kind !== 'sent' || outcome.receipt === undefined) return outcome;
  const code = earlyFailures.take(channel, outcome.receipt);
  return code === undefined ? outcome : { kind: 'refused', code };
}

function judge(reply: StoredReply, outcome: SendOutcome, now: number): StoredReply {
  const { attempts, createdAt } = reply;
  const mayTry = maySendAgain(outcome, { attempts, ageMs: now - createdAt });
  switch (outcome.kind) {
    case 'sent':
      return { ...reply, status: 'sent', ...(outcome.receipt && { receipt: outcome.receipt }) };
    case 'refused':
      return { ...reply, status: 'failed', code: outcome.code };
    case 'busy':
      if (mayTry) return { ...reply, status: 'pending' };
      return { ...reply, status: 'failed', code: outcome.code ?? 'rate_limited' };
    case 'unsure':
      return { ...reply, status: mayTry && reply.isRepeatable ? 'pending' : 'unknown' };
  }
}

/** Part of a transaction. */
export function recordEnd(
  parts: Pick<ChannelParts, 'record'>,
  { channel, status, code }: Pick<StoredReply, 'channel' | 'status' | 'code'>,
): void {
  parts.record({
    ...{ action: 'channel-reply', actor: `channel:${channel}`, channel },
    decision: status === 'sent' ? 'allowed' : code === 'denied' ? 'denied' : 'observed',
    reason: code ?? status,
  });
}

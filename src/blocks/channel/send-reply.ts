/**
 * Sends one part of a reply. That it is being sent is on disk before the request leaves, so that after a
 * crash it is known which requests may have been done.
 *
 * @module
 */

import type { OutgoingRequest, SendOutcome } from '../../channels/adapter.ts';
import { ADAPTERS } from '../../channels/adapters.ts';
import { authorize } from '../../core/policy/authorize.ts';
import { openWorkspace } from '../workspace/workspace-client.ts';
import { type ChannelParts, channelPrincipal, contextOf } from './channel-parts.ts';
import type { StoredChannel } from './channel-store.ts';
import type { Progress } from './ordered-work.ts';
import type { StoredReply } from './reply-store.ts';
import { type ApiPlace, findApi, sendRequest } from './send-request.ts';

/** Most requests for one part. */
const MAX_SEND_ATTEMPTS = 8;

/** Delay before the second request; doubled for each further one. */
const FIRST_DELAY_MS = 1_000;
const MAX_DELAY_MS = 300_000;

export async function sendReply(parts: ChannelParts, seq: number): Promise<Progress> {
  const reply = parts.replies.find(seq);
  const channel = reply && parts.channels.find(reply.channel);
  if (channel === undefined || reply?.status !== 'pending') return 'done';
  const api = await openApi(parts, channel);
  if (typeof api === 'string') return settle(parts, reply, { kind: 'refused', code: api });
  const request = toRequest(parts, channel, { reply, api });
  const sending = { ...reply, status: 'sending', attempts: reply.attempts + 1 } as const;
  parts.transact(() => parts.replies.change(sending));
  const answer = await sendRequest(api.network, request);
  const { readAnswer } = ADAPTERS[channel.spec.platform];
  return settle(parts, sending, answer === undefined ? { kind: 'unsure' } : readAnswer(answer));
}

/** The way to the platform, or why there is none. */
async function openApi(
  parts: ChannelParts,
  channel: StoredChannel,
): Promise<ApiPlace | 'denied' | 'private_address'> {
  const { name, platform, apiBase } = channel.spec;
  const workspace = openWorkspace(parts.env, parts.workspace);
  const authority = await workspace.authority(channelPrincipal(parts, channel));
  const question = { capability: `channel:send:${name}`, now: parts.now() };
  if (authority === undefined || !authorize(authority, question).allowed) return 'denied';
  const base = apiBase ?? ADAPTERS[platform].apiBase ?? '';
  return findApi(parts.env, base, authority.policy.privateHosts) ?? 'private_address';
}

function toRequest(
  parts: ChannelParts,
  { spec }: StoredChannel,
  { reply, api }: { readonly reply: StoredReply; readonly api: ApiPlace },
): OutgoingRequest {
  const { updateId, replyToken: sealed } = reply.part;
  const token = sealed && { replyToken: parts.safe.openToken(spec.name, updateId, sealed) };
  const context = { ...contextOf(parts, spec.name), apiBase: api.base };
  return ADAPTERS[spec.platform].render({ ...reply.part, ...token }, context);
}

function settle(parts: ChannelParts, reply: StoredReply, outcome: SendOutcome): Progress {
  const after = judge(reply, outcome);
  parts.transact(() => {
    parts.replies.change(after);
    if (after.status !== 'pending') recordEnd(parts, after);
  });
  if (after.status !== 'pending') return 'done';
  const wanted = outcome.kind === 'busy' ? (outcome.retryAfterMs ?? 0) : 0;
  const backOff = FIRST_DELAY_MS * 2 ** (reply.attempts - 1);
  return { again: parts.now() + Math.min(MAX_DELAY_MS, Math.max(wanted, backOff)) };
}

function judge(reply: StoredReply, outcome: SendOutcome): StoredReply {
  const mayTry = reply.attempts < MAX_SEND_ATTEMPTS;
  switch (outcome.kind) {
    case 'sent':
      return { ...reply, status: 'sent', ...(outcome.receipt && { receipt: outcome.receipt }) };
    case 'refused':
      return { ...reply, status: 'failed', code: outcome.code };
    case 'busy':
      if (mayTry) return { ...reply, status: 'pending' };
      return { ...reply, status: 'failed', code: 'rate_limited' };
    case 'unsure':
      return { ...reply, status: mayTry && reply.isRepeatable ? 'pending' : 'unknown' };
  }
}

/** Part of a transaction. */
function recordEnd(parts: ChannelParts, { channel, status, code }: StoredReply): void {
  parts.record({
    ...{ action: 'channel-reply', actor: `channel:${channel}`, channel },
    decision: status === 'sent' ? 'allowed' : code === 'denied' ? 'denied' : 'observed',
    reason: code ?? status,
  });
}

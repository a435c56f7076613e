/**
 * A request from a platform: its signature first, then what it says. What is answered 200 is stored.
 *
 * @module
 */

import type {
  AdapterContext,
  ChatMove,
  Undelivered,
  Webhook,
  WebhookAnswer,
} from '../../channels/adapter.ts';
import { ADAPTERS } from '../../channels/adapters.ts';
import type { Update } from '../../channels/update.ts';
import { mayWait } from '../../core/channels/inbox-bounds.ts';
import { followsMove } from '../../core/channels/serves-chat.ts';
import type { WebhookVerdict } from './channel-api.ts';
import { type ChannelParts, contextOf } from './channel-parts.ts';
import type { StoredChannel } from './channel-store.ts';
import { forwardUpdates } from './forward-updates.ts';
import { keysFor } from './keys-for.ts';
import { recordEnd } from './send-reply.ts';
import { type TakenIn, takeIn } from './take-in.ts';

/** When a platform that was told to wait may come back, in milliseconds. */
const COME_BACK_MS = 5_000;

export interface ReceivedNow {
  readonly verdict: WebhookVerdict;
  /** What is to be begun. */
  readonly begun: readonly (TakenIn & { readonly chat: string })[];
}

/** A webhook, and the chats that it is about where another channel has handed it on. */
export interface Delivery {
  readonly webhook: Webhook;
  readonly only?: readonly string[];
}

/** What is to be stored before it is answered; or the answer, where nothing is. */
export async function receiveWebhook(
  parts: ChannelParts,
  name: string,
  { webhook, only }: Delivery,
): Promise<Signed | WebhookVerdict> {
  const asked = parts.channels.find(name);
  const context = asked && (await verify(parts, asked, webhook));
  const channel = parts.channels.find(name);
  // While keys were asked for, it may have been made anew.
  if (context === undefined || channel?.createdAt !== asked?.createdAt || channel === undefined) {
    return { kind: 'refused' };
  }
  const received = ADAPTERS[channel.spec.platform].read(webhook, context);
  if (received.kind === 'malformed') return { kind: 'malformed' };
  if (received.kind === 'handshake') return accepted(received.answer);
  const { answer, ifSilent, undelivered = [] } = received;
  const firstOf = (chat: string) => parts.moves.firstOf(name, chat);
  const updates = received.updates.map((update) => ({ ...update, chat: firstOf(update.chat) }));
  const moved = moveFor(channel, received.moved, only);
  const about = { updates, undelivered, ...(moved && { moved }) };
  const own = await forwardUpdates(parts, channel, { ...about, webhook, only: only?.map(firstOf) });
  if (own.kind === 'full') return full();
  return {
    ...{ ...about, channel, updates: own.updates, verdict: accepted(answer) },
    silent: accepted(own.answer ?? ifSilent),
  };
}

/** What a channel is to know of a move. */
function moveFor(
  { spec }: StoredChannel,
  moved: ChatMove | undefined,
  only: Delivery['only'],
): ChatMove | undefined {
  const isToKnow =
    moved !== undefined && followsMove(spec, moved) && (only ?? [moved.from]).includes(moved.from);
  return isToKnow ? moved : undefined;
}

/** With what it was verified; `undefined` if its signature does not hold. */
async function verify(
  parts: ChannelParts,
  channel: StoredChannel,
  webhook: Webhook,
): Promise<AdapterContext | undefined> {
  const { findKey, verify: holds } = ADAPTERS[channel.spec.platform];
  const keys = findKey && (await keysFor(parts, channel, webhook));
  const context = { ...contextOf(parts, channel), ...(keys && { keys }) };
  return (await holds(webhook, context)) ? context : undefined;
}

/** What a platform has signed, for a channel as it was then. */
export interface Signed {
  readonly channel: StoredChannel;
  readonly updates: readonly Update[];
  readonly verdict: WebhookVerdict;
  /** Instead of {@link verdict}, where no update of this channel waits and none is replied to. */
  readonly silent?: WebhookVerdict;
  readonly undelivered?: readonly Undelivered[];
  readonly moved?: ChatMove;
}

/** Takes in what is new. Part of a transaction. */
export function store(parts: ChannelParts, signed: Signed): ReceivedNow {
  const { channel, updates, verdict, silent = verdict, undelivered = [], moved } = signed;
  const { name } = channel.spec;
  if (parts.channels.find(name)?.createdAt !== channel.createdAt) {
    return nothing({ kind: 'refused' });
  }
  if (moved !== undefined) parts.moves.add(name, moved);
  for (const failed of undelivered) setUndelivered(parts, name, failed);
  if (updates.length === 0) return nothing(silent);
  const isNew = ({ updateId }: Update) => !parts.updates.has(name, updateId);
  const fresh = updates.filter(isNew);
  if (fresh.length === 0) return nothing(verdict);
  const { own, all } = parts.updates.load(name);
  if (!mayWait(fresh.length, own, all)) return nothing(full());
  const begun = fresh
    .filter((update, index) => index === 0 || isNew(update))
    .map((update) => ({ ...takeIn(parts, channel, update), chat: update.chat }));
  const tooFast = begun.find(({ retryAfterMs }) => retryAfterMs !== undefined);
  if (tooFast?.retryAfterMs !== undefined) {
    return nothing({ kind: 'full', retryAfterMs: tooFast.retryAfterMs, isOfSender: true });
  }
  const isSilent = begun.every(({ waiting, replies }) => !waiting && replies.length === 0);
  return { verdict: isSilent ? silent : verdict, begun };
}

/** What stands as sent is not, by the platform's own word. */
function setUndelivered(
  parts: ChannelParts,
  channel: string,
  { receipt, code }: Undelivered,
): void {
  const isNews = parts.replies.fail(channel, receipt, code);
  if (isNews) recordEnd(parts, { channel, status: 'failed', code });
  else if (parts.replies.isSending(channel)) parts.earlyFailures.note(channel, receipt, code);
}

const accepted = (answer?: WebhookAnswer): WebhookVerdict => ({
  kind: 'accepted',
  ...(answer && { answer }),
});

const full = (): WebhookVerdict => ({ kind: 'full', retryAfterMs: COME_BACK_MS });

const nothing = (verdict: WebhookVerdict): ReceivedNow => ({ verdict, begun: [] });

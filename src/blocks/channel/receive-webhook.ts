/**
 * A request from a platform: its signature first, then what it says. Synchronous but for the disk, so
 * that what is answered 200 is stored.
 *
 * @module
 */

import type { Webhook } from '../../channels/adapter.ts';
import { ADAPTERS } from '../../channels/adapters.ts';
import type { WebhookVerdict } from './channel-api.ts';
import { type ChannelParts, contextOf } from './channel-parts.ts';
import { type TakenIn, takeIn } from './take-in.ts';

/** Most updates of a channel that wait for their turns. */
export const MAX_WAITING = 5_000;

/** When a platform that was told to wait may come back, in milliseconds. */
const COME_BACK_MS = 5_000;

export interface ReceivedNow {
  readonly verdict: WebhookVerdict;
  /** What is to be begun. */
  readonly begun: readonly (TakenIn & { readonly chat: string })[];
}

export function receiveWebhook(parts: ChannelParts, name: string, webhook: Webhook): ReceivedNow {
  const channel = parts.channels.find(name);
  if (channel === undefined) return nothing({ kind: 'refused' });
  const adapter = ADAPTERS[channel.spec.platform];
  const context = contextOf(parts, name);
  if (!adapter.verify(webhook, context)) return nothing({ kind: 'refused' });
  const received = adapter.read(webhook, context);
  if (received.kind === 'malformed') return nothing({ kind: 'malformed' });
  const { answer } = received;
  const verdict: WebhookVerdict = { kind: 'accepted', ...(answer && { answer }) };
  if (received.kind === 'handshake') return nothing(verdict);
  const isNew = ({ updateId }: { readonly updateId: string }) => !parts.updates.has(name, updateId);
  const fresh = received.updates.filter(isNew);
  if (fresh.length === 0) return nothing(verdict);
  if (parts.updates.countWaiting(name) + fresh.length > MAX_WAITING) {
    return nothing({ kind: 'full', retryAfterMs: COME_BACK_MS });
  }
  const begun = parts.transact(() =>
    fresh
      .filter((update, index) => index === 0 || isNew(update))
      .map((update) => ({ ...takeIn(parts, channel, update), chat: update.chat })),
  );
  return { verdict, begun };
}

const nothing = (verdict: WebhookVerdict): ReceivedNow => ({ verdict, begun: [] });

/**
 * A message of a web chat's page: judged and stored like those of every platform, and answered when it is
 * on disk.
 *
 * @module
 */

import type { Update } from '../../channels/update.ts';
import type { ChatAnswer } from '../../core/channels/chat-frame.ts';
import type { WebhookVerdict } from './channel-api.ts';
import type { ChannelParts } from './channel-parts.ts';
import type { StoredChannel } from './channel-store.ts';
import { toPairing } from './pairings.ts';

interface ChatMessage {
  readonly sender: string;
  readonly id: string;
  readonly text: string;
}

interface Taking {
  readonly parts: ChannelParts;
  readonly take: (channel: StoredChannel, update: Update) => Promise<WebhookVerdict>;
}

/** What was refused for a turn's sake, though it did what it was sent for. */
const DONE = new Set(['code_redeemed', 'link_asked']);

export async function hearChat(
  { parts, take }: Taking,
  channel: StoredChannel,
  { sender, id, text }: ChatMessage,
): Promise<ChatAnswer> {
  const update = toUpdate(parts, channel, { sender, id, text });
  const verdict = await take(channel, update);
  if (verdict.kind === 'full') {
    const { retryAfterMs, isOfSender } = verdict;
    return { kind: 'refused', id, code: isOfSender ? 'rate_limited' : 'full', retryAfterMs };
  }
  const stored = parts.updates.findById(channel.spec.name, update.updateId);
  const code = stored?.status === 'refused' ? stored.facts.code : undefined;
  return code === undefined || DONE.has(code)
    ? { kind: 'taken', id }
    : { kind: 'refused', id, code };
}

/** Two visitors may choose the same ids. */
function toUpdate(
  parts: ChannelParts,
  channel: StoredChannel,
  { sender, id, text }: ChatMessage,
): Update {
  const { principal } = toPairing(parts, channel, sender);
  return {
    ...{ updateId: `${principal}/${id}`, messageId: id, sender, chat: sender, text },
    ...{ attachments: [], isBot: false, isForwarded: false, isPrivate: true },
  };
}

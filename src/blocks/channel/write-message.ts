/**
 * A message to a chat that answers nobody's: into the outbox of replies, from where it goes like one.
 *
 * @module
 */

import { ADAPTERS } from '../../channels/adapters.ts';
import { servesChat } from '../../core/channels/serves-chat.ts';
import { toPrincipalName } from '../../core/policy/principal.ts';
import { authorityFor } from '../workspace/authority-for.ts';
import type { ChannelOrder, MessageVerdict } from './channel-api.ts';
import type { ChannelParts } from './channel-parts.ts';
import { writeReply } from './write-reply.ts';

/** Under its id it is taken once, for as long as what was sent is remembered. */
export async function writeMessage(
  parts: ChannelParts,
  order: ChannelOrder,
): Promise<MessageVerdict> {
  const { channel: name, id, principal } = order;
  // Asked here for everybody: no way to a chat goes around it.
  const authority = await authorityFor(parts, principal, `channel:send:${name}`);
  if (authority === undefined) return { kind: 'denied' };
  const channel = parts.channels.find(name);
  if (channel === undefined) return { kind: 'no-channel' };
  if (!ADAPTERS[channel.spec.platform].canBegin) return { kind: 'answers-only' };
  const message = { ...order.message, chat: parts.moves.firstOf(name, order.message.chat) };
  if (!servesChat(channel.spec, message.chat)) return { kind: 'foreign-chat' };
  const updateId = `message:${id}`;
  const idOf = (index: number) => `rep_${parts.ids(`${name}:${updateId}:${index}`).slice(0, 32)}`;
  const first = idOf(0);
  if (parts.replies.findById(name, first) !== undefined) return { kind: 'taken', id: first };
  const written = parts.transact(() => {
    record(parts, order);
    return writeReply(parts, channel, { ...message, updateId, idOf });
  });
  parts.send(name, message.chat, written);
  return { kind: 'taken', id: first };
}

/** Part of a transaction. */
function record(parts: ChannelParts, { principal, requestId, channel }: ChannelOrder): void {
  parts.record({
    ...{ action: 'channel-message', decision: 'allowed', requestId, channel },
    actor: toPrincipalName(principal),
  });
}

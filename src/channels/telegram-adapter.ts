/**
 * Telegram Bot API (core.telegram.org/bots/api): `setWebhook` with a `secret_token`, `sendMessage`.
 *
 * Telegram signs nothing: the secret comes back in a header. Nor does it know an idempotency key, so
 * a message that was perhaps sent is not sent again.
 *
 * @module
 */

import * as z from 'zod';
import type {
  AdapterContext,
  ChannelAdapter,
  ChatMove,
  OutgoingRequest,
  SendOutcome,
} from './adapter.ts';
import { judgeStatus } from './judge-status.ts';
import { readBody } from './read-body.ts';
import type { Attachment, Update } from './update.ts';

/** "1-4096 characters after entities parsing"; without a parse mode there are no entities. */
const MAX_CHARS = 4_096;

const file = z.object({
  file_id: z.string(),
  mime_type: z.string().optional(),
  file_size: z.number().optional(),
});

const message = z.object({
  message_id: z.int(),
  message_thread_id: z.int().optional(),
  is_topic_message: z.boolean().optional(),
  from: z.object({ id: z.int(), is_bot: z.boolean() }).optional(),
  /** The bot through which a person wrote it, whose words it holds. */
  via_bot: z.object({ id: z.int() }).optional(),
  /** Of a message that is passed on: who wrote it first. */
  forward_origin: z.looseObject({}).optional(),
  chat: z.object({ id: z.int(), type: z.string().optional() }),
  /** Said in a group that becomes a supergroup, and then in that. */
  migrate_to_chat_id: z.int().optional(),
  migrate_from_chat_id: z.int().optional(),
  text: z.string().optional(),
  caption: z.string().optional(),
  photo: z.array(file).optional(),
  document: file.optional(),
  audio: file.optional(),
  video: file.optional(),
  voice: file.optional(),
});

/** Of all that an update may be, only new messages are answered. */
const update = z.object({ update_id: z.int(), message: message.optional() });

const answer = z.object({
  result: z.object({ message_id: z.int() }).optional(),
  parameters: z
    .object({
      retry_after: z.number().min(0).optional(),
      /** Of a group that became a supergroup: nothing was sent. */
      migrate_to_chat_id: z.int().optional(),
    })
    .optional(),
});

type Message = z.infer<typeof message>;

export const telegramAdapter: ChannelAdapter = {
  credentials: z.strictObject({
    botToken: z.string().regex(/^[0-9]{1,20}:[A-Za-z0-9_-]{20,100}$/, 'must be a bot token'),
    /** As it was given to `setWebhook`; the length is ours, so that nobody guesses it. */
    secretToken: z.string().regex(/^[A-Za-z0-9_-]{24,256}$/, 'must have 24 to 256 of A-Za-z0-9_-'),
  }),
  apiBase: 'https://api.telegram.org',
  maxChars: MAX_CHARS,
  markdown: 'never',
  canBegin: true,

  verify({ headers }, { credentials, tools }) {
    const given = headers['x-telegram-bot-api-secret-token'] ?? '';
    return given !== '' && tools.equal(given, credentials.secretToken ?? '');
  },

  read({ body }) {
    const read = readBody(body, update);
    if (read === undefined) return { kind: 'malformed' };
    const { update_id: id, message: written } = read;
    const updates = written === undefined ? [] : toUpdates(id, written);
    const moved = written && toMove(written);
    return { kind: 'updates', updates, ...(moved && { moved }) };
  },

  render({ chat, thread, text }, context) {
    return call(context, 'sendMessage', {
      chat_id: chatIdOf(chat),
      ...(thread !== undefined && { message_thread_id: Number(thread) }),
      text,
      link_preview_options: { is_disabled: true },
    });
  },

  signs: {
    typing: ({ chat, thread }, context) =>
      call(context, 'sendChatAction', {
        ...{ chat_id: chatIdOf(chat), action: 'typing' },
        ...(thread !== undefined && { message_thread_id: Number(thread) }),
      }),
    reaction: ({ chat, messageId }, context) =>
      call(context, 'setMessageReaction', {
        ...{ chat_id: chatIdOf(chat), message_id: Number(messageId) },
        reaction: [{ type: 'emoji', emoji: '👀' }],
      }),
  },

  isRepeatable: () => false,

  readAnswer(sent): SendOutcome {
    const read = readBody(sent.body, answer);
    const judged = judgeStatus(sent);
    if (judged.kind === 'sent') {
      const id = read?.result?.message_id;
      return { kind: 'sent', ...(id !== undefined && { receipt: String(id) }) };
    }
    const { retry_after: seconds, migrate_to_chat_id: movedTo } = read?.parameters ?? {};
    if (judged.kind === 'busy' && seconds !== undefined) {
      return { kind: 'busy', retryAfterMs: seconds * 1_000 };
    }
    const isMoved = judged.kind === 'refused' && movedTo !== undefined;
    return isMoved ? { ...judged, movedTo: String(movedTo) } : judged;
  },
};

function call(
  { credentials, apiBase }: AdapterContext,
  method: string,
  body: object,
): OutgoingRequest {
  return {
    method: 'POST',
    url: `${apiBase}/bot${credentials.botToken}/${method}`,
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(body),
  };
}

/** A public channel can be written to by its name. */
function chatIdOf(chat: string): number | string {
  return chat.startsWith('@') ? chat : Number(chat);
}

function toUpdates(id: number, written: Message): readonly Update[] {
  const { from, chat, text, caption, message_thread_id: thread } = written;
  if (from === undefined) return [];
  const attachments = toAttachments(written);
  const words = text ?? caption ?? '';
  if (words === '' && attachments.length === 0) return [];
  return [
    {
      updateId: String(id),
      sender: String(from.id),
      chat: String(chat.id),
      ...(thread !== undefined && written.is_topic_message && { thread: String(thread) }),
      text: words,
      attachments,
      isBot: from.is_bot || written.via_bot !== undefined,
      isForwarded: written.forward_origin !== undefined,
      isPrivate: chat.type === 'private',
      messageId: String(written.message_id),
    },
  ];
}

function toMove(written: Message): ChatMove | undefined {
  const { chat, migrate_to_chat_id: to, migrate_from_chat_id: from } = written;
  if (to !== undefined) return { from: String(chat.id), to: String(to) };
  return from === undefined ? undefined : { from: String(from), to: String(chat.id) };
}

/** Of a photo, the largest of its sizes, which comes last. */
function toAttachments(written: Message): readonly Attachment[] {
  const { photo, document, audio, video, voice } = written;
  const largest = photo?.at(-1);
  const files = [document, audio, video, voice].filter((known) => known !== undefined);
  const all = largest === undefined ? files : [{ ...largest, mime_type: 'image/jpeg' }, ...files];
  return all.map(({ file_id: reference, mime_type: mediaType, file_size: bytes }) => ({
    reference,
    mediaType: mediaType ?? 'application/octet-stream',
    ...(bytes !== undefined && { bytes }),
  }));
}

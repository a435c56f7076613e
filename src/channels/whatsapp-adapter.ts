/**
 * WhatsApp Cloud API (developers.facebook.com/docs/whatsapp): `X-Hub-Signature-256` over the raw body,
 * the `hub.challenge` handshake, text messages by `/{phone-number-id}/messages`.
 *
 * No idempotency key is documented, so a message that was perhaps sent is not sent again. A signature
 * holds no time: what is recorded and sent again is known by its message id, and later by its age.
 *
 * @module
 */

import * as z from 'zod';
import type { AdapterContext, ChannelAdapter, OutgoingRequest, SendOutcome } from './adapter.ts';
import { hexOf } from './hex.ts';
import { judgeStatus } from './judge-status.ts';
import { readBody } from './read-body.ts';
import type { Attachment, Update } from './update.ts';

const MAX_CHARS = 4_096;

/**
 * From what age a message is a recording, in milliseconds: WhatsApp repeats one for seven days, and its id
 * is remembered for eight.
 */
const MAX_AGE_MS = 7.5 * 86_400_000;

const media = z.object({
  id: z.string().max(256),
  mime_type: z.string().max(128).optional(),
  caption: z.string().optional(),
});

const message = z.object({
  id: z.string().min(1).max(256),
  from: z.string().min(1).max(256),
  /** Unix seconds. */
  timestamp: z
    .string()
    .regex(/^[0-9]{1,12}$/)
    .optional(),
  /** The second where it has been passed on many times. */
  context: z
    .object({ forwarded: z.boolean().optional(), frequently_forwarded: z.boolean().optional() })
    .optional(),
  text: z.object({ body: z.string() }).optional(),
  image: media.optional(),
  document: media.optional(),
  audio: media.optional(),
  video: media.optional(),
});

/** Statuses and whatever else a change may hold are left alone. */
const notification = z.object({
  object: z.literal('whatsapp_business_account'),
  entry: z.array(
    z.object({
      changes: z.array(
        z.object({
          value: z.object({
            metadata: z.object({ phone_number_id: z.string() }).optional(),
            messages: z.array(z.unknown()).optional(),
          }),
        }),
      ),
    }),
  ),
});

const answer = z.object({ messages: z.array(z.object({ id: z.string().max(256) })).min(1) });

export const whatsappAdapter: ChannelAdapter = {
  credentials: z.strictObject({
    phoneNumberId: z.string().regex(/^[0-9]{1,32}$/, 'must be digits'),
    appSecret: z.string().regex(/^[0-9a-f]{32,64}$/, 'must be the secret of the app'),
    /** As it was typed into the dashboard. */
    verifyToken: z.string().min(24).max(256),
    accessToken: z.string().regex(/^[A-Za-z0-9_-]{20,1024}$/, 'must be an access token'),
  }),
  apiBase: 'https://graph.facebook.com/v24.0',
  maxChars: MAX_CHARS,
  takesMarkdown: false,
  canBegin: true,

  verify({ method, headers, query, body }, { credentials, tools }) {
    if (method === 'GET') {
      const isAsked = query['hub.mode'] === 'subscribe';
      return isAsked && tools.equal(query['hub.verify_token'] ?? '', credentials.verifyToken ?? '');
    }
    const mac = tools.hmacSha256(credentials.appSecret ?? '', [body]);
    return tools.equal(headers['x-hub-signature-256'] ?? '', `sha256=${hexOf(mac)}`);
  },

  read({ method, query, body }, { credentials, now }) {
    if (method === 'GET') {
      const challenge = query['hub.challenge'] ?? '';
      if (!/^[\x21-\x7e]{1,256}$/.test(challenge)) return { kind: 'malformed' };
      return { kind: 'handshake', answer: { contentType: 'text/plain', body: challenge } };
    }
    const read = readBody(body, notification);
    if (read === undefined) return { kind: 'malformed' };
    const updates = read.entry
      .flatMap(({ changes }) => changes.map(({ value }) => value))
      .filter(({ metadata }) => metadata?.phone_number_id === credentials.phoneNumberId)
      .flatMap(({ messages }) => messages ?? [])
      .flatMap((written) => readMessage(written, now));
    return { kind: 'updates', updates };
  },

  render({ chat, text }, context) {
    return say(context, {
      ...{ recipient_type: 'individual', to: chat, type: 'text' },
      text: { preview_url: false, body: text },
    });
  },

  signs: {
    /** Marks the message as read as well. */
    typing: ({ updateId }, context) =>
      say(context, {
        ...{ status: 'read', message_id: updateId, typing_indicator: { type: 'text' } },
      }),
    reaction: ({ chat, updateId }, context) =>
      say(context, {
        ...{ recipient_type: 'individual', to: chat, type: 'reaction' },
        reaction: { message_id: updateId, emoji: '👀' },
      }),
  },

  isRepeatable: () => false,

  readAnswer(sent): SendOutcome {
    const judged = judgeStatus(sent);
    const id = judged.kind === 'sent' ? readBody(sent.body, answer)?.messages[0]?.id : undefined;
    return id === undefined ? judged : { kind: 'sent', receipt: id };
  },
};

function say({ credentials, apiBase }: AdapterContext, message: object): OutgoingRequest {
  return {
    method: 'POST',
    url: `${apiBase}/${credentials.phoneNumberId}/messages`,
    headers: {
      'Content-Type': 'application/json',
      Authorization: `Bearer ${credentials.accessToken}`,
    },
    body: JSON.stringify({ messaging_product: 'whatsapp', ...message }),
  };
}

/** One that is not as it must be takes none of those with it that came in the same request. */
function readMessage(written: unknown, now: number): readonly Update[] {
  const { success, data } = message.safeParse(written);
  if (!success) return [];
  const isRecording =
    data.timestamp !== undefined && now - Number(data.timestamp) * 1_000 > MAX_AGE_MS;
  return isRecording ? [] : toUpdates(data);
}

/** A chat is with one person, so it is named after him. */
function toUpdates(written: z.infer<typeof message>): readonly Update[] {
  const { id, from, text, context } = written;
  const files = [written.image, written.document, written.audio, written.video].filter(
    (file) => file !== undefined,
  );
  const attachments: readonly Attachment[] = files.map(({ id: reference, mime_type: type }) => ({
    reference,
    mediaType: type ?? 'application/octet-stream',
  }));
  const words = text?.body ?? files.find(({ caption }) => caption !== undefined)?.caption ?? '';
  if (words === '' && attachments.length === 0) return [];
  const isForwarded = context?.forwarded === true || context?.frequently_forwarded === true;
  const facts = { isBot: false, isForwarded, isPrivate: true };
  return [{ updateId: id, sender: from, chat: from, text: words, attachments, ...facts }];
}

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
import type {
  AdapterContext,
  ChannelAdapter,
  OutgoingRequest,
  SendOutcome,
  Undelivered,
} from './adapter.ts';
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

/**
 * Errors that promise that nothing was sent, and that pass: rates of the app, of the business, of its
 * number, and of the two who write to each other. Their status is 400 as often as 429.
 */
const BUSY = new Set([4, 80_007, 130_429, 131_056]);

/** Who hides his number is named by an id that is good for this business alone: `US.1349120865`. */
const USER_ID = /^[A-Z]{2}\.[A-Za-z0-9.]{1,160}$/;

/** Also as people write it, which WhatsApp takes; the id of a group has letters. */
const PHONE_NUMBER = /^[0-9 +()-]{1,64}$/;

const media = z.object({
  id: z.string().max(256),
  mime_type: z.string().max(128).optional(),
  caption: z.string().optional(),
});

const message = z.object({
  id: z.string().min(1).max(256),
  /** A phone number, unless its owner hides it. */
  from: z.string().min(1).max(256).optional(),
  from_user_id: z.string().regex(USER_ID).optional().catch(undefined),
  /** Of what was written in a group; one that could be a person's name would be answered to him. */
  group_id: z.string().min(1).max(256).refine(isGroup).optional(),
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

/** Of a message of ours that was taken and did not arrive. */
const failed = z.object({
  id: z.string().min(1).max(256),
  status: z.literal('failed'),
  errors: z.array(z.object({ code: z.int() })).optional(),
});

/** Whatever else a change may hold is left alone. */
const notification = z.object({
  object: z.literal('whatsapp_business_account'),
  entry: z.array(
    z.object({
      changes: z.array(
        z.object({
          value: z.object({
            metadata: z.object({ phone_number_id: z.string() }).optional(),
            messages: z.array(z.unknown()).optional(),
            statuses: z.array(z.unknown()).optional(),
          }),
        }),
      ),
    }),
  ),
});

const answer = z.object({ messages: z.array(z.object({ id: z.string().max(256) })).min(1) });

const failure = z.object({ error: z.object({ code: z.int() }) });

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
  markdown: 'never',
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
    const values = read.entry
      .flatMap(({ changes }) => changes.map(({ value }) => value))
      .filter(({ metadata }) => metadata?.phone_number_id === credentials.phoneNumberId);
    const updates = values
      .flatMap(({ messages }) => messages ?? [])
      .flatMap((written) => readMessage(written, now));
    const undelivered = values.flatMap(({ statuses }) => statuses ?? []).flatMap(readFailure);
    return { kind: 'updates', updates, undelivered };
  },

  render({ chat, text }, context) {
    return say(context, {
      ...{ ...addressOf(chat), type: 'text' },
      text: { preview_url: false, body: text },
    });
  },

  /** Groups have neither. */
  signs: {
    /** Marks the message as read as well. */
    typing: ({ chat, updateId }, context) =>
      isGroup(chat)
        ? undefined
        : say(context, {
            ...{ status: 'read', message_id: updateId, typing_indicator: { type: 'text' } },
          }),
    reaction: ({ chat, updateId }, context) =>
      isGroup(chat)
        ? undefined
        : say(context, {
            ...{ ...addressOf(chat), type: 'reaction' },
            reaction: { message_id: updateId, emoji: '👀' },
          }),
  },

  isRepeatable: () => false,

  readAnswer(sent): SendOutcome {
    const judged = judgeStatus(sent);
    if (judged.kind === 'refused') {
      const code = readBody(sent.body, failure)?.error.code;
      if (code === undefined) return judged;
      return BUSY.has(code) ? { kind: 'busy' } : { kind: 'refused', code: `error_${code}` };
    }
    const id = judged.kind === 'sent' ? readBody(sent.body, answer)?.messages[0]?.id : undefined;
    return id === undefined ? judged : { kind: 'sent', receipt: id };
  },
};

function isGroup(chat: string): boolean {
  return !PHONE_NUMBER.test(chat) && !USER_ID.test(chat);
}

function addressOf(chat: string): object {
  if (isGroup(chat)) return { recipient_type: 'group', to: chat };
  return { recipient_type: 'individual', [USER_ID.test(chat) ? 'recipient' : 'to']: chat };
}

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

function readFailure(status: unknown): readonly Undelivered[] {
  const { success, data } = failed.safeParse(status);
  return success ? [{ receipt: data.id, code: `error_${data.errors?.[0]?.code ?? 0}` }] : [];
}

/** A chat with one person is named after him. */
function toUpdates(written: z.infer<typeof message>): readonly Update[] {
  const { id, from, from_user_id: userId, group_id: group, text, context } = written;
  const sender = from ?? userId;
  if (sender === undefined) return [];
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
  const facts = { isBot: false, isForwarded, isPrivate: group === undefined };
  return [{ updateId: id, sender, chat: group ?? sender, text: words, attachments, ...facts }];
}

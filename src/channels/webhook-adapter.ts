/**
 * A channel of one's own: JSON in and out, both signed as Standard Webhooks 1.0.0 says (HMAC-SHA256
 * over id, timestamp and raw body).
 *
 * A receiver knows a reply by its `webhook-id`, which is why a reply may be sent again.
 *
 * @module
 */

import * as z from 'zod';
import type {
  AdapterContext,
  ChannelAdapter,
  Credentials,
  OutgoingRequest,
  Webhook,
} from './adapter.ts';
import { judgeStatus } from './judge-status.ts';
import { readBody } from './read-body.ts';
import { isRecent } from './signed-time.ts';

const MAX_CHARS = 16_384;

/** Most signatures that a header may hold: one for each key while keys are changed. */
const MAX_SIGNATURES = 8;

const SECRET = /^whsec_([A-Za-z0-9+/]{32,128}={0,2})$/;

/** Ids go into headers and are signed with dots between the parts. */
const ID = /^[A-Za-z0-9_-]{1,128}$/;

/** The bytes of secrets that are in use; every message asks. */
const keys = new WeakMap<Credentials, Uint8Array>();

const message = z.object({
  sender: z.string().min(1).max(256),
  chat: z.string().min(1).max(256),
  thread: z.string().min(1).max(256).exactOptional(),
  text: z.string().max(65_536),
  /** Whether a program wrote it. */
  isBot: z.boolean().default(false),
  /** Whether somebody else did, and the sender has passed it on. */
  isForwarded: z.boolean().default(false),
  /** Whether nobody but the sender reads the chat. */
  isPrivate: z.boolean().default(false),
  attachments: z
    .array(
      z.object({
        reference: z.string().min(1).max(2_048),
        mediaType: z.string().min(1).max(128),
        bytes: z.int().min(0).exactOptional(),
      }),
    )
    .max(32)
    .default([]),
});

export const webhookAdapter: ChannelAdapter = {
  credentials: z.strictObject({
    secret: z.string().regex(SECRET, 'must be "whsec_" and at least 24 bytes of base64'),
  }),
  maxChars: MAX_CHARS,
  markdown: 'chosen',
  canBegin: true,

  verify({ headers, body }, context) {
    const timestamp = headers['webhook-timestamp'];
    const webhookId = headers['webhook-id'] ?? '';
    if (!ID.test(webhookId) || !isRecent(timestamp, context.now)) return false;
    const expected = sign(context, webhookId, timestamp ?? '', body);
    const given = (headers['webhook-signature'] ?? '').split(' ', MAX_SIGNATURES);
    return given.some((signature) => context.tools.equal(signature, expected));
  },

  read({ headers, body }) {
    const read = readBody(body, message);
    if (read === undefined) return { kind: 'malformed' };
    return { kind: 'updates', updates: [{ updateId: headers['webhook-id'] ?? '', ...read }] };
  },

  render({ id: replyId, updateId, chat, thread, text, format, index, unasked }, context) {
    return post(context, replyId, {
      ...(unasked ? { type: 'message' } : { type: 'reply', inReplyTo: updateId }),
      ...{ chat, text, format, index },
      ...(thread !== undefined && { thread }),
    });
  },

  signs: {
    typing: ({ updateId, chat, thread }, context) =>
      post(context, `typing_${updateId}`, {
        ...{ type: 'typing', inReplyTo: updateId, chat },
        ...(thread !== undefined && { thread }),
      }),
  },

  isRepeatable: () => true,
  readAnswer: judgeStatus,
};

function post(context: AdapterContext, webhookId: string, message: object): OutgoingRequest {
  const body = JSON.stringify(message);
  const timestamp = String(Math.floor(context.now / 1_000));
  return {
    method: 'POST',
    url: context.apiBase,
    headers: {
      'Content-Type': 'application/json',
      'webhook-id': webhookId,
      'webhook-timestamp': timestamp,
      'webhook-signature': sign(context, webhookId, timestamp, body),
    },
    body,
  };
}

function sign(
  { credentials, tools }: AdapterContext,
  webhookId: string,
  timestamp: string,
  body: Webhook['body'] | string,
): string {
  const mac = tools.hmacSha256(keyOf(credentials), [`${webhookId}.${timestamp}.`, body]);
  return `v1,${btoa(String.fromCharCode(...mac))}`;
}

function keyOf(credentials: Credentials): Uint8Array {
  const known = keys.get(credentials);
  if (known !== undefined) return known;
  const [, secret = ''] = SECRET.exec(credentials.secret ?? '') ?? [];
  const key = Uint8Array.from(atob(secret), (char) => char.charCodeAt(0));
  keys.set(credentials, key);
  return key;
}

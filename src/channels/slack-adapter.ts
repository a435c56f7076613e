/**
 * Slack (docs.slack.dev): Events API over HTTP, `v0` request signatures, `chat.postMessage`.
 *
 * `chat.postMessage` documents no idempotency key, so a message that was perhaps sent is not sent again.
 *
 * @module
 */

import * as z from 'zod';
import type {
  AdapterContext,
  ChannelAdapter,
  OutgoingRequest,
  SendAnswer,
  SendOutcome,
} from './adapter.ts';
import { hexOf } from './hex.ts';
import { judgeStatus } from './judge-status.ts';
import { readBody } from './read-body.ts';
import { isRecent } from './signed-time.ts';
import { readSlackText } from './slack-text.ts';
import type { Update } from './update.ts';

/** Slack cuts a longer text wherever it likes, in the middle of a character's entity too. */
const MAX_CHARS = 4_000;

/** Errors that promise that nothing was posted, and that pass. */
const BUSY = new Set(['ratelimited', 'rate_limited', 'service_unavailable']);

/** Errors after which nobody knows. */
const UNSURE = new Set(['fatal_error', 'internal_error', 'request_timeout']);

const said = z.object({
  type: z.string(),
  subtype: z.string().optional(),
  bot_id: z.string().optional(),
  app_id: z.string().optional(),
  user: z.string().optional(),
  channel: z.string().max(64).optional(),
  channel_type: z.string().optional(),
  ts: z.string().max(64).optional(),
  text: z.string().optional(),
  thread_ts: z.string().optional(),
  files: z
    .array(
      z.object({
        id: z.string(),
        mimetype: z.string().optional(),
        size: z.number().optional(),
      }),
    )
    .optional(),
});

/** For whom the event is: the app's own user among them. */
const authorization = z.object({ user_id: z.string().nullish(), is_bot: z.boolean().nullish() });

const envelope = z.discriminatedUnion('type', [
  z.object({ type: z.literal('url_verification'), challenge: z.string().max(1_024) }),
  z.object({
    type: z.literal('event_callback'),
    // Of other kinds the members mean something else.
    event: z.looseObject({ type: z.string() }),
    authorizations: z.array(authorization).nullish(),
  }),
  z.object({ type: z.literal('app_rate_limited') }),
]);

const answer = z.object({
  ok: z.boolean(),
  error: z.string().optional(),
  ts: z.string().optional(),
});

const HEARD = new Set(['message', 'app_mention']);

/** Subtypes of `message` that are words of a person; edits, joins and the like are not. */
const WORDS = new Set([undefined, 'file_share', 'thread_broadcast', 'bot_message']);

export const slackAdapter: ChannelAdapter = {
  credentials: z.strictObject({
    signingSecret: z.string().regex(/^[0-9a-f]{32,64}$/, 'must be the signing secret of the app'),
    botToken: z.string().regex(/^xoxb-[A-Za-z0-9-]{10,200}$/, 'must be a bot token'),
  }),
  apiBase: 'https://slack.com/api',
  maxChars: MAX_CHARS,
  lengthOf: (text) => escapeControls(text).length,
  markdown: 'chosen',
  canBegin: true,

  verify({ headers, body }, { credentials, tools, now }) {
    const timestamp = headers['x-slack-request-timestamp'];
    if (!isRecent(timestamp, now)) return false;
    const mac = tools.hmacSha256(credentials.signingSecret ?? '', [`v0:${timestamp}:`, body]);
    return tools.equal(headers['x-slack-signature'] ?? '', `v0=${hexOf(mac)}`);
  },

  read({ body }) {
    const read = readBody(body, envelope);
    if (read === undefined) return { kind: 'malformed' };
    if (read.type === 'url_verification') {
      return { kind: 'handshake', answer: { contentType: 'text/plain', body: read.challenge } };
    }
    if (read.type !== 'event_callback' || !HEARD.has(read.event.type)) {
      return { kind: 'updates', updates: [] };
    }
    const { success, data } = said.safeParse(read.event);
    if (!success) return { kind: 'malformed' };
    const self = read.authorizations?.find(({ is_bot: isBot }) => isBot === true)?.user_id;
    return { kind: 'updates', updates: toUpdates(data, self ?? undefined) };
  },

  render({ chat, thread, text, format }, context) {
    return call(context, 'chat.postMessage', {
      channel: chat,
      ...(thread !== undefined && { thread_ts: thread }),
      [format === 'markdown' ? 'markdown_text' : 'text']: escapeControls(text),
      unfurl_links: false,
      unfurl_media: false,
    });
  },

  signs: {
    reaction: ({ chat, messageId }, context) =>
      call(context, 'reactions.add', { channel: chat, timestamp: messageId, name: 'eyes' }),
  },

  isRepeatable: () => false,
  readAnswer,
};

function call(
  { credentials, apiBase }: AdapterContext,
  method: string,
  body: object,
): OutgoingRequest {
  return {
    method: 'POST',
    url: `${apiBase}/${method}`,
    headers: {
      'Content-Type': 'application/json; charset=utf-8',
      Authorization: `Bearer ${credentials.botToken}`,
    },
    body: JSON.stringify(body),
  };
}

/** Named after the message, not the event: one that mentions the app comes as two events. */
function toUpdates(written: z.infer<typeof said>, self: string | undefined): readonly Update[] {
  const { subtype, user, bot_id: bot, channel, ts, thread_ts: thread } = written;
  const text = readSlackText(written.text ?? '', self);
  const sender = user ?? bot;
  if (!WORDS.has(subtype) || sender === undefined) return [];
  if (channel === undefined || ts === undefined) return [];
  const attachments = (written.files ?? []).map(({ id: reference, mimetype, size }) => ({
    reference,
    mediaType: mimetype ?? 'application/octet-stream',
    ...(size !== undefined && { bytes: size }),
  }));
  if (text === '' && attachments.length === 0) return [];
  const isBot = bot !== undefined || written.app_id !== undefined || subtype === 'bot_message';
  const place = { chat: channel, ...(thread !== undefined && { thread }) };
  // What somebody shares is no part of his text.
  const passedOn = { isForwarded: false };
  const facts = { isBot, isPrivate: written.channel_type === 'im', messageId: ts, ...passedOn };
  return [{ updateId: `${channel}/${ts}`, sender, ...place, text, attachments, ...facts }];
}

/** So that a model's text mentions nobody and is no link but what it looks like. */
function escapeControls(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

/** Slack answers 200 with `ok: false` to most of what it refuses. */
function readAnswer(sent: SendAnswer): SendOutcome {
  const judged = judgeStatus(sent);
  if (judged.kind !== 'sent') return judged;
  const read = readBody(sent.body, answer);
  if (read === undefined) return { kind: 'unsure' };
  if (read.ok) return { kind: 'sent', ...(read.ts !== undefined && { receipt: read.ts }) };
  const code = read.error ?? 'unknown_error';
  if (BUSY.has(code)) return { kind: 'busy' };
  if (UNSURE.has(code)) return { kind: 'unsure' };
  return { kind: 'refused', code: /^[a-z_]{1,64}$/.test(code) ? code : 'unknown_error' };
}

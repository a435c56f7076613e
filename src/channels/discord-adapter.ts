/**
 * Discord (docs.discord.com): interactions over HTTP, Ed25519 signatures, replies as edits of the
 * deferred answer and as followups.
 *
 * A slash command's first text option is what the sender says. Editing the deferred answer does the same
 * however often it is done; a followup has no such key. The interaction's token ends after 15 minutes.
 *
 * @module
 */

import * as z from 'zod';
import { FIXED_REPLIES } from '../core/channels/fixed-replies.ts';
import type { ChannelAdapter, ReplyPart, SendOutcome, WebhookAnswer } from './adapter.ts';
import { fromHex } from './hex.ts';
import { judgeStatus } from './judge-status.ts';
import { readBody } from './read-body.ts';
import { isRecent } from './signed-time.ts';
import type { Update } from './update.ts';

const MAX_CHARS = 2_000;

const PING = 1;
const APPLICATION_COMMAND = 2;

const PONG = JSON.stringify({ type: 1 });
const DEFERRED = JSON.stringify({ type: 5 });

/** Shows no previews: Discord would fetch whatever address a model writes. */
const SUPPRESS_EMBEDS = 4;

/** Read by nobody but the user. */
const EPHEMERAL = 64;

/** In place of {@link DEFERRED}, which would be seen as "thinking" for ever. */
const NOT_TAKEN = JSON.stringify({
  type: 4,
  data: { content: FIXED_REPLIES.refused, flags: EPHEMERAL, allowed_mentions: { parse: [] } },
});

/** The context of an interaction that nobody sees but the user and the bot. */
const DIRECT = 1;

/** The type of an option that holds text. */
const TEXT_OPTION = 3;

const snowflake = z.string().regex(/^[0-9]{1,20}$/);
const user = z.object({ id: snowflake, bot: z.boolean().optional() });

const interaction = z.object({
  type: z.int(),
  id: snowflake,
  application_id: snowflake,
  token: z.string().regex(/^[A-Za-z0-9_-]{1,2048}$/),
  channel_id: snowflake.optional(),
  context: z.int().optional(),
  user: user.optional(),
  member: z.object({ user }).optional(),
  data: z
    .object({
      options: z.array(z.object({ type: z.int(), value: z.unknown().optional() })).optional(),
    })
    .optional(),
});

const answer = z.object({ id: snowflake });

const failure = z.object({ code: z.int() });

/** To whoever is faster than the deferred answer, which is on its way to Discord by then. */
const UNKNOWN_WEBHOOK = 10_015;

/** How long Discord waits for the deferred answer, in milliseconds; then it never hears of one. */
const DEFERRED_WITHIN_MS = 3_000;

export const discordAdapter: ChannelAdapter = {
  credentials: z.strictObject({
    applicationId: snowflake,
    publicKey: z.string().regex(/^[0-9a-f]{64}$/, 'must be 64 hex digits'),
  }),
  apiBase: 'https://discord.com/api/v10',
  maxChars: MAX_CHARS,
  markdown: 'always',
  canBegin: false,
  showsWaiting: true,

  verify({ headers, body }, { credentials, tools, now }) {
    const timestamp = headers['x-signature-timestamp'];
    const signature = fromHex(headers['x-signature-ed25519'] ?? '');
    const publicKey = fromHex(credentials.publicKey ?? '');
    if (!isRecent(timestamp, now) || signature === undefined || publicKey === undefined)
      return false;
    const time = new TextEncoder().encode(timestamp);
    const message = new Uint8Array(time.length + body.length);
    message.set(time);
    message.set(body, time.length);
    return tools.verifyEd25519(publicKey, message, signature);
  },

  read({ body }, { credentials }) {
    const read = readBody(body, interaction);
    if (read === undefined || read.application_id !== credentials.applicationId) {
      return { kind: 'malformed' };
    }
    if (read.type === PING) {
      return { kind: 'handshake', answer: toAnswer(PONG) };
    }
    const updates = read.type === APPLICATION_COMMAND ? toUpdates(read) : [];
    if (updates.length === 0) return { kind: 'malformed' };
    return { kind: 'updates', updates, answer: toAnswer(DEFERRED), ifSilent: toAnswer(NOT_TAKEN) };
  },

  render({ text, index, replyToken }, { credentials, apiBase }) {
    const webhook = `${apiBase}/webhooks/${credentials.applicationId}/${replyToken ?? ''}`;
    return {
      method: index === 0 ? 'PATCH' : 'POST',
      url: index === 0 ? `${webhook}/messages/@original` : `${webhook}?wait=true`,
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({
        ...{ content: text, flags: SUPPRESS_EMBEDS, allowed_mentions: { parse: [] } },
      }),
    };
  },

  /** The deferred answer says that the app is thinking. */
  signs: {},

  isRepeatable: ({ index }: Pick<ReplyPart, 'index'>) => index === 0,

  readAnswer(sent): SendOutcome {
    const judged = judgeStatus(sent);
    if (judged.kind === 'refused') {
      const isUnknown = readBody(sent.body, failure)?.code === UNKNOWN_WEBHOOK;
      return isUnknown ? { kind: 'busy', code: judged.code, forMs: DEFERRED_WITHIN_MS } : judged;
    }
    const id = judged.kind === 'sent' ? readBody(sent.body, answer)?.id : undefined;
    return id === undefined ? judged : { kind: 'sent', receipt: id };
  },
};

const toAnswer = (body: string): WebhookAnswer => ({ contentType: 'application/json', body });

function toUpdates(read: z.infer<typeof interaction>): readonly Update[] {
  const { id, channel_id: chat, context, member, user: direct, token, data } = read;
  // Outside of servers there is no member: in groups, too, and between two people.
  const author = member?.user ?? direct;
  const option = data?.options?.find(({ type }) => type === TEXT_OPTION)?.value;
  if (author === undefined || chat === undefined || typeof option !== 'string') return [];
  return [
    {
      ...{ updateId: id, sender: author.id, chat, text: option, attachments: [] },
      ...{ isBot: author.bot === true, isForwarded: false, isPrivate: context === DIRECT },
      replyToken: token,
    },
  ];
}

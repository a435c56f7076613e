/**
 * Microsoft Teams through the Bot Connector (learn.microsoft.com, "Bot Connector API reference"):
 * activities with a bearer token of the connector, replies by
 * `POST {serviceUrl}/v3/conversations/{id}/activities/{replyTo}` with a token of ours.
 *
 * No idempotency key is documented, so a message that was perhaps sent is not sent again. Our token goes
 * to the origin of `apiBase` and to no other, whatever an activity names as its service URL.
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
  SignPlace,
  Webhook,
} from './adapter.ts';
import { isBotToken, keyIdOf } from './bot-token.ts';
import { judgeStatus } from './judge-status.ts';
import { readBody } from './read-body.ts';
import { holdsWordsOfOthers, withoutQuotePlaces } from './teams-quotes.ts';
import type { Attachment, Update } from './update.ts';
import { withoutImages } from './without-images.ts';

/** Teams takes 40 KB of UTF-16 in a message; half of it may be escapes. */
const MAX_CHARS = 8_000;

const NETWORK = 'msteams';

/** Of the public cloud; a channel may name those of another one. */
const CONNECTOR = {
  metadataUrl: 'https://login.botframework.com/v1/.well-known/openidconfiguration',
  issuer: 'https://api.botframework.com',
} as const;

const LOGIN = 'https://login.microsoftonline.com';
const SCOPE = 'https://api.botframework.com/.default';

/** In the id of a conversation, what comes after it is the message that its thread hangs from. */
const THREAD = ';messageid=';

/** Accounts of programs are named so. */
const BOT_ACCOUNT = /^28:/;

/** Roles of people; there are several of programs, which become more. */
const PEOPLE = new Set([undefined, 'user']);

const name = z.string().min(1).max(256);
const account = z.object({ id: name, role: z.string().optional() });

const envelope = z.object({
  type: z.string(),
  channelId: z.string(),
  serviceUrl: z.url({ protocol: /^https?$/ }).max(2_048),
});

const activity = envelope.extend({
  id: name,
  from: account,
  recipient: account,
  conversation: z.object({ id: name, conversationType: z.string().optional() }),
  text: z.string().optional(),
  entities: z
    .array(
      z.object({
        type: z.string().optional(),
        text: z.string().optional(),
        mentioned: z.object({ id: z.string().optional() }).optional(),
      }),
    )
    .optional(),
  attachments: z
    .array(
      z.object({
        contentType: z.string().optional(),
        contentUrl: z.string().optional(),
        content: z.unknown().optional(),
      }),
    )
    .optional(),
});

/** What a reply must name again. */
const origin = z.object({ path: z.string(), activity: name, bot: name, user: name });

const issuedToken = z.object({
  token_type: z.literal('Bearer'),
  access_token: z.string().min(1).max(16_384),
  expires_in: z.number().min(1),
});

const answer = z.object({ id: z.string().max(256) });

export const teamsAdapter: ChannelAdapter = {
  credentials: z.strictObject({
    appId: z.uuid(),
    appPassword: z.string().min(16).max(512),
    /** Of a bot for one tenant; absent for one that any tenant may add. */
    tenantId: z.uuid().exactOptional(),
  }) as z.ZodType<Record<string, string>>,
  apiBase: 'https://smba.trafficmanager.net',
  maxChars: MAX_CHARS,
  lengthOf: (text) => withoutImages(text).length,
  markdown: 'chosen',
  canBegin: false,

  findKey({ headers }, { connector }) {
    const keyId = keyIdOf(headers.authorization);
    const { metadataUrl } = connector ?? CONNECTOR;
    return keyId === undefined ? undefined : { metadataUrl, keyId };
  },

  accessToken: { ask: askForToken, read: readToken },

  async verify(webhook, context) {
    const read = webhook.method === 'POST' ? readBody(webhook.body, envelope) : undefined;
    if (read?.channelId !== NETWORK || !isOurs(read.serviceUrl, context)) return false;
    return isBotToken(webhook.headers.authorization, {
      ...{ keys: context.keys ?? [], now: context.now, network: NETWORK },
      issuer: (context.connector ?? CONNECTOR).issuer,
      appId: context.credentials.appId ?? '',
      serviceUrl: read.serviceUrl,
    });
  },

  read({ body }: Webhook) {
    const kind = readBody(body, envelope)?.type;
    if (kind === undefined) return { kind: 'malformed' };
    if (kind !== 'message') return { kind: 'updates', updates: [] };
    const read = readBody(body, activity);
    return read === undefined
      ? { kind: 'malformed' }
      : { kind: 'updates', updates: toUpdates(read) };
  },

  render: ({ text, format, ...place }, context) =>
    post(place, context, {
      ...{ type: 'message', text: format === 'markdown' ? withoutImages(text) : text },
      textFormat: format,
    }),

  signs: { typing: (place, context) => post(place, context, { type: 'typing' }) },

  isRepeatable: () => false,

  readAnswer(sent): SendOutcome {
    const judged = judgeStatus(sent);
    const id = judged.kind === 'sent' ? readBody(sent.body, answer)?.id : undefined;
    return id === undefined ? judged : { kind: 'sent', receipt: id };
  },
};

/** Whether our token may go there. */
function isOurs(serviceUrl: string, { apiBase }: AdapterContext): boolean {
  return new URL(serviceUrl).origin === new URL(apiBase).origin;
}

function askForToken({ credentials, connector }: AdapterContext): OutgoingRequest {
  const { appId = '', appPassword = '', tenantId = 'botframework.com' } = credentials;
  return {
    method: 'POST',
    url: connector?.tokenUrl ?? `${LOGIN}/${tenantId}/oauth2/v2.0/token`,
    headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams({
      ...{ grant_type: 'client_credentials', client_id: appId },
      ...{ client_secret: appPassword, scope: SCOPE },
    }).toString(),
  };
}

function readToken({ status, body }: SendAnswer) {
  const read = status === 200 ? readBody(body, issuedToken) : undefined;
  return read && { token: read.access_token, expiresInMs: read.expires_in * 1_000 };
}

function toUpdates(read: z.infer<typeof activity>): readonly Update[] {
  const { id, from, recipient, conversation, serviceUrl } = read;
  const [chat = '', thread] = conversation.id.split(THREAD, 2);
  const text = withoutMention(read);
  const attachments = toAttachments(read);
  if (text === '' && attachments.length === 0) return [];
  const path = new URL(serviceUrl).pathname;
  const back = { path, activity: id, bot: recipient.id, user: from.id };
  return [
    {
      ...{ updateId: `${conversation.id}/${id}`, sender: from.id, chat, text, attachments },
      ...(thread !== undefined && { thread }),
      isBot: !PEOPLE.has(from.role) || BOT_ACCOUNT.test(from.id),
      isForwarded: holdsWordsOfOthers(text, read.attachments ?? []),
      isPrivate: conversation.conversationType === 'personal',
      ...{ messageId: id, replyToken: JSON.stringify(back satisfies z.infer<typeof origin>) },
    },
  ];
}

/** In a group the bot is named in each message that it gets. */
function withoutMention({ text = '', entities = [], recipient }: z.infer<typeof activity>): string {
  const words = withoutQuotePlaces(text);
  return entities
    .filter(({ type, mentioned }) => type === 'mention' && mentioned?.id === recipient.id)
    .reduce((left, mention) => left.replace(mention.text ?? '', ''), words)
    .trim();
}

/** The message as HTML comes along with each message, and is no attachment. */
function toAttachments({ attachments = [] }: z.infer<typeof activity>): readonly Attachment[] {
  return attachments.flatMap(({ contentUrl: reference, contentType: mediaType }) =>
    reference === undefined || mediaType === undefined ? [] : [{ reference, mediaType }],
  );
}

type Place = Pick<SignPlace, 'chat' | 'thread' | 'replyToken'>;

/** @throws what JSON throws, of a place that this adapter did not make. */
function post(
  { chat, thread, replyToken = '' }: Place,
  { apiBase, accessToken }: AdapterContext,
  words: object,
): OutgoingRequest {
  const { path, activity: replyToId, bot, user } = origin.parse(JSON.parse(replyToken));
  const conversation = thread === undefined ? chat : `${chat}${THREAD}${thread}`;
  const [service, id] = [path.replace(/\/$/, ''), encodeURIComponent(conversation)];
  return {
    method: 'POST',
    url: `${new URL(apiBase).origin}${service}/v3/conversations/${id}/activities/${encodeURIComponent(replyToId)}`,
    headers: { 'Content-Type': 'application/json', Authorization: `Bearer ${accessToken ?? ''}` },
    body: JSON.stringify({
      ...{ ...words, replyToId, conversation: { id: conversation } },
      ...{ from: { id: bot }, recipient: { id: user } },
    }),
  };
}

/**
 * Stand-ins for the platforms' APIs, written from their published pages. Each checks every request that
 * it gets as the platform would, and keeps what was sent.
 *
 * @module
 */

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  DISCORD_CREDENTIALS,
  SLACK_CREDENTIALS,
  standardSignature,
  TEAMS_CREDENTIALS,
  TEAMS_ISSUER,
  TEAMS_KEY,
  TELEGRAM_CREDENTIALS,
  WHATSAPP_CREDENTIALS,
} from './channel-webhooks.ts';

/** A message that reached its platform. */
export interface Delivered {
  readonly platform: string;
  readonly chat: string;
  readonly text: string;
  /** By which a platform that has one tells a repetition. */
  readonly key?: string;
}

/** What a request meets instead of the usual answer, once. */
export type Mishap = {
  /** What stands in the message that meets it: a reply of an earlier test may still be on its way. */
  readonly of: string;
} & (
  | {
      readonly kind: 'status';
      readonly status: number;
      readonly headers?: Record<string, string>;
      readonly body?: object;
    }
  /** The message is taken, and the answer never comes. */
  | { readonly kind: 'silence' }
  /** Something happens before the answer is sent. */
  | { readonly kind: 'late'; readonly before: (answer: object) => Promise<unknown> }
);

export interface StandIn {
  readonly url: string;
  readonly hostAndPort: string;
  readonly delivered: Delivered[];
  /** What showed senders that their messages were taken: `platform kind chat`. */
  readonly signs: string[];
  /** What was wrong with requests. */
  readonly complaints: string[];
  readonly mishaps: Mishap[];
  readonly close: () => Promise<void>;
}

interface Taken {
  readonly request: IncomingMessage;
  readonly path: string;
  // Bodies of every shape are looked into.
  // biome-ignore lint/suspicious/noExplicitAny: see above
  readonly body: any;
  readonly raw: string;
}

interface Judged {
  /** A message; or the kind of a sign, of which the chat matters. */
  readonly delivered: Delivered;
  readonly sign?: 'typing' | 'reaction';
  readonly answer: object;
  readonly complaints: readonly (string | false)[];
}

let count = 0;

/** docs: `sendChatAction` {chat_id, action}, `setMessageReaction` {chat_id, message_id, reaction} */
function telegramSign({ path, body }: Taken): Judged | undefined {
  const [, token, method] = /^\/telegram\/bot([^/]+)\/(\w+)$/.exec(path) ?? [];
  if (method !== 'sendChatAction' && method !== 'setMessageReaction') return undefined;
  const isTyping = method === 'sendChatAction';
  return {
    delivered: { platform: 'telegram', chat: String(body.chat_id), text: '' },
    sign: isTyping ? 'typing' : 'reaction',
    answer: { ok: true, result: true },
    complaints: [
      token !== TELEGRAM_CREDENTIALS.botToken && 'token',
      isTyping && body.action !== 'typing' && 'action',
      !isTyping && !(body.message_id > 0 && body.reaction[0].type === 'emoji') && 'reaction',
    ],
  };
}

/** docs: `POST /bot<token>/sendMessage` {chat_id, text of 1-4096 characters} */
function telegram(taken: Taken): Judged {
  const { request, path, body } = taken;
  const sign = telegramSign(taken);
  if (sign !== undefined) return sign;
  return {
    delivered: { platform: 'telegram', chat: String(body.chat_id), text: body.text },
    answer: {
      ok: true,
      result: { message_id: ++count, chat: { id: body.chat_id }, text: body.text },
    },
    complaints: [
      request.method !== 'POST' && 'method',
      path !== `/telegram/bot${TELEGRAM_CREDENTIALS.botToken}/sendMessage` && `path ${path}`,
      !/^(-?\d+|"@\w+")$/.test(JSON.stringify(body.chat_id)) && 'chat_id',
      !(body.text.length >= 1 && body.text.length <= 4_096) && 'length of text',
      body.link_preview_options?.is_disabled !== true && 'previews',
      body.parse_mode !== undefined && 'parse mode without escapes',
    ],
  };
}

/** docs: `POST /api/chat.postMessage` {channel, text}, bearer token, `ok` in the answer */
function slack({ request, path, body }: Taken): Judged {
  if (path === '/slack/reactions.add') {
    return {
      delivered: { platform: 'slack', chat: body.channel, text: '' },
      ...{ sign: 'reaction', answer: { ok: true } },
      complaints: [!/^[\d.]+$/.test(body.timestamp) && 'timestamp', body.name !== 'eyes' && 'name'],
    };
  }
  return {
    delivered: { platform: 'slack', chat: body.channel, text: body.text },
    answer: { ok: true, channel: body.channel, ts: `1700000000.00${++count}` },
    complaints: [
      path !== '/slack/chat.postMessage' && `path ${path}`,
      request.headers.authorization !== `Bearer ${SLACK_CREDENTIALS.botToken}` && 'token',
      body.text.length > 4_000 && 'text would be cut',
      /<[@!#]/.test(body.text) && 'mentions somebody',
      (body.unfurl_links || body.unfurl_media) !== false && 'previews',
    ],
  };
}

/** docs: edit of the original response, or a followup: {content of 2000 characters} */
function discord({ request, path, body }: Taken): Judged {
  const [, token = '', rest = ''] =
    new RegExp(`^/discord/webhooks/${DISCORD_CREDENTIALS.applicationId}/([^/?]+)(.*)$`).exec(
      path,
    ) ?? [];
  const isEdit = request.method === 'PATCH' && rest === '/messages/@original';
  return {
    delivered: {
      ...{ platform: 'discord', chat: token, text: body.content },
      ...(isEdit && { key: `${token}/@original` }),
    },
    answer: { id: String(++count), content: body.content },
    complaints: [
      !isEdit && !(request.method === 'POST' && rest === '?wait=true') && `path ${path}`,
      !(body.content.length >= 1 && body.content.length <= 2_000) && 'length of content',
      JSON.stringify(body.allowed_mentions) !== '{"parse":[]}' && 'mentions',
      body.flags !== 4 && 'previews',
    ],
  };
}

/** docs: `POST /{phone-number-id}/messages`, text body of 4096 characters; to a number, user or group */
function whatsapp({ request, path, body }: Taken): Judged {
  if (body.typing_indicator !== undefined || body.type === 'reaction') {
    const isTyping = body.typing_indicator?.type === 'text';
    return {
      delivered: { platform: 'whatsapp', chat: String(body.to ?? ''), text: '' },
      ...{ sign: isTyping ? 'typing' : 'reaction', answer: { success: true } },
      complaints: [
        isTyping && body.status !== 'read' && 'status',
        !/^wamid\./.test(isTyping ? body.message_id : body.reaction.message_id) && 'message id',
      ],
    };
  }
  const isNumber = /^\d+$/.test(body.to ?? '');
  return {
    delivered: { platform: 'whatsapp', chat: body.to ?? body.recipient, text: body.text.body },
    answer: { messaging_product: 'whatsapp', messages: [{ id: `wamid.${++count}` }] },
    complaints: [
      path !== `/whatsapp/${WHATSAPP_CREDENTIALS.phoneNumberId}/messages` && `path ${path}`,
      request.headers.authorization !== `Bearer ${WHATSAPP_CREDENTIALS.accessToken}` && 'token',
      body.messaging_product !== 'whatsapp' && 'product',
      body.recipient_type !== (isNumber || body.recipient ? 'individual' : 'group') && 'recipient',
      body.to !== undefined && body.recipient !== undefined && 'two recipients',
      body.text.preview_url !== false && 'previews',
      body.type !== 'text' && 'type',
      body.text.body.length > 4_096 && 'length of body',
    ],
  };
}

/** Standard Webhooks 1.0.0, as a receiver checks them. */
function webhook({ request, body, raw }: Taken): Judged {
  const { headers } = request;
  const id = String(headers['webhook-id']);
  const timestamp = String(headers['webhook-timestamp']);
  return {
    delivered: { platform: 'webhook', chat: body.chat, text: body.text ?? '', key: id },
    ...(body.type === 'typing' && { sign: 'typing' }),
    answer: {},
    complaints: [
      headers['webhook-signature'] !== standardSignature(id, timestamp, raw) && 'signature',
      Math.abs(Date.now() / 1_000 - Number(timestamp)) > 60 && 'timestamp',
      body.type === 'reply' && body.text.length > 16_384 && 'length of text',
    ],
  };
}

const TEAMS_TOKEN = 'eyJhbGciOiJIUzI1NiJ9.a-token-of-the-stand-in';

/** docs: `POST {serviceUrl}/v3/conversations/{id}/activities/{replyTo}`, an Activity, bearer token */
function teams({ request, path, body }: Taken): Judged {
  const conversation = encodeURIComponent(String(body.conversation?.id));
  const replies = `/teams/emea/v3/conversations/${conversation}/activities/${body.replyToId}`;
  return {
    delivered: { platform: 'teams', chat: body.conversation?.id, text: body.text ?? '' },
    ...(body.type === 'typing' && { sign: 'typing' }),
    answer: { id: `reply-${++count}` },
    complaints: [
      request.method !== 'POST' && 'method',
      path !== replies && `path ${path}`,
      request.headers.authorization !== `Bearer ${TEAMS_TOKEN}` && 'token',
      !['message', 'typing'].includes(body.type) && 'type',
      body.from?.id !== `28:${TEAMS_CREDENTIALS.appId}` && 'from',
      body.recipient?.id === undefined && 'recipient',
      JSON.stringify(body).length * 2 > 40_000 && 'size of the message',
    ],
  };
}

const PLATFORMS = { telegram, slack, discord, whatsapp, webhook, teams };

/** Microsoft's sign-in: OpenID metadata and keys of the connector, and the tokens of bots. */
function signIn(path: string, raw: string, url: string): object | undefined {
  switch (path) {
    case '/teams-sign-in/openidconfiguration':
      return { issuer: TEAMS_ISSUER, jwks_uri: `${url}/teams-sign-in/keys` };
    case '/teams-sign-in/keys':
      return { keys: [TEAMS_KEY] };
    case '/teams-sign-in/token': {
      const asked = Object.fromEntries(new URLSearchParams(raw));
      const { appId, appPassword } = TEAMS_CREDENTIALS;
      const isRight =
        asked.grant_type === 'client_credentials' &&
        asked.scope === 'https://api.botframework.com/.default' &&
        asked.client_id === appId &&
        asked.client_secret === appPassword;
      return isRight
        ? { token_type: 'Bearer', expires_in: 3_600, access_token: TEAMS_TOKEN }
        : undefined;
    }
  }
  return undefined;
}

export async function startStandIn(): Promise<StandIn> {
  const delivered: Delivered[] = [];
  const complaints: string[] = [];
  const signs: string[] = [];
  const mishaps: Mishap[] = [];
  const serve = async (request: IncomingMessage, response: ServerResponse) => {
    const raw = await readText(request);
    const mishap = takeMishap(mishaps, raw);
    if (mishap?.kind === 'status') {
      response.writeHead(mishap.status, mishap.headers).end(JSON.stringify(mishap.body ?? {}));
      return;
    }
    const path = request.url ?? '';
    if (path.startsWith('/teams-sign-in/')) {
      const signedIn = signIn(path, raw, `http://${request.headers.host}`);
      if (signedIn === undefined) complaints.push(`sign-in ${path}`);
      response.writeHead(signedIn === undefined ? 400 : 200).end(JSON.stringify(signedIn ?? {}));
      return;
    }
    const judge = PLATFORMS[path.split(/[/?]/)[1] as keyof typeof PLATFORMS];
    const judged = judge({ request, path, raw, body: JSON.parse(raw) });
    complaints.push(...judged.complaints.filter((complaint) => complaint !== false));
    const { key, platform, chat } = judged.delivered;
    if (judged.sign !== undefined) signs.push(`${platform} ${judged.sign} ${chat}`);
    const isKnown = key !== undefined && delivered.some((known) => known.key === key);
    if (!isKnown && judged.sign === undefined) delivered.push(judged.delivered);
    if (mishap?.kind === 'silence') return;
    if (mishap?.kind === 'late') await mishap.before(judged.answer);
    response.writeHead(200, { 'Content-Type': 'application/json' });
    response.end(JSON.stringify(judged.answer));
  };
  const server = createServer((request, response) => void serve(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const hostAndPort = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    ...{ url: `http://${hostAndPort}`, hostAndPort, delivered, complaints, mishaps, signs },
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function takeMishap(mishaps: Mishap[], raw: string): Mishap | undefined {
  const at = mishaps.findIndex(({ of }) => raw.includes(of));
  return at === -1 ? undefined : mishaps.splice(at, 1)[0];
}

async function readText(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}

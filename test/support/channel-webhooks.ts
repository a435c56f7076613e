/**
 * Webhooks as the platforms write and sign them, from their published API pages.
 *
 * @module
 */

import { createHmac, generateKeyPairSync, type KeyObject, randomUUID, sign } from 'node:crypto';

export interface SignedWebhook {
  readonly body: string;
  readonly headers: Record<string, string>;
}

export interface Said {
  readonly id?: string;
  readonly sender?: string;
  readonly chat?: string;
  readonly text: string;
  readonly isBot?: boolean;
  readonly isPrivate?: boolean;
}

const SECRET_BYTES = Buffer.from('a secret of twenty-four+ bytes');

export const WEBHOOK_CREDENTIALS = { secret: `whsec_${SECRET_BYTES.toString('base64')}` };

const json = { 'Content-Type': 'application/json' };

const unixNow = () => Math.floor(Date.now() / 1_000);

/** Standard Webhooks 1.0.0: `v1,` and base64 over id, timestamp and body. */
export function standardSignature(id: string, timestamp: string, body: string): string {
  const mac = createHmac('sha256', SECRET_BYTES).update(`${id}.${timestamp}.${body}`);
  return `v1,${mac.digest('base64')}`;
}

export function standardWebhook(said: Said, at = unixNow()): SignedWebhook {
  const id = said.id ?? `msg_${randomUUID()}`;
  const { text, sender = 'ann', chat = 'room', isBot = false, isPrivate = false } = said;
  const body = JSON.stringify({ sender, chat, text, isBot, isPrivate });
  const signature = standardSignature(id, String(at), body);
  return {
    body,
    headers: {
      ...json,
      'webhook-id': id,
      'webhook-timestamp': String(at),
      'webhook-signature': signature,
    },
  };
}

export const TELEGRAM_CREDENTIALS = {
  botToken: '123456:ABC-DEF1234ghIkl-zyx57W2v1u123ew11',
  secretToken: 'a-secret-that-was-given-to-setWebhook',
};

/** core.telegram.org/bots/api#update */
export function telegramWebhook({ id = '1', sender = '7', chat, text, isBot = false }: Said) {
  const from = { id: Number(sender), is_bot: isBot, first_name: 'Ann' };
  const place = { id: Number(chat ?? sender), type: 'private' };
  const message = { message_id: 1, from, chat: place, date: unixNow(), text };
  return {
    body: JSON.stringify({ update_id: Number(id), message }),
    headers: { ...json, 'X-Telegram-Bot-Api-Secret-Token': TELEGRAM_CREDENTIALS.secretToken },
  };
}

export const SLACK_CREDENTIALS = {
  signingSecret: '8f742231b10e8888abcd99yyyzzz85a5'.replaceAll(/[yz]/g, '0'),
  botToken: 'xoxb-17653672481-19874698323-pdFZKVeTuE8sk7oOcHrzqqgy',
};

/** docs.slack.dev/authentication/verifying-requests-from-slack */
export function signForSlack(body: string, at = unixNow()): SignedWebhook {
  const mac = createHmac('sha256', SLACK_CREDENTIALS.signingSecret).update(`v0:${at}:${body}`);
  return {
    body,
    headers: {
      ...json,
      'X-Slack-Request-Timestamp': String(at),
      'X-Slack-Signature': `v0=${mac.digest('hex')}`,
    },
  };
}

/** docs.slack.dev/apis/events-api: the outer event, around a `message`. */
export function slackWebhook({ id = '1.1', sender = 'U1', chat = 'C1', text, isBot }: Said) {
  const author = isBot === true ? { bot_id: 'B1', subtype: 'bot_message' } : { user: sender };
  const event = { type: 'message', channel: chat, ts: id, event_ts: id, text, ...author };
  const envelope = { type: 'event_callback', team_id: 'T1', api_app_id: 'A1', event_id: 'Ev1' };
  return signForSlack(JSON.stringify({ ...envelope, event_time: unixNow(), event }));
}

const discordKeys = generateKeyPairSync('ed25519');

export const DISCORD_CREDENTIALS = {
  applicationId: '845027738276462632',
  publicKey: Buffer.from(
    discordKeys.publicKey.export({ format: 'jwk' }).x ?? '',
    'base64url',
  ).toString('hex'),
};

/** docs.discord.com/developers/interactions/overview: Ed25519 over timestamp and body. */
export function signForDiscord(interaction: object, at = unixNow()): SignedWebhook {
  const body = JSON.stringify({
    ...{ id: '846462639134605312', application_id: DISCORD_CREDENTIALS.applicationId, version: 1 },
    ...{ token: 'A_UNIQUE_TOKEN', ...interaction },
  });
  const signature = sign(null, Buffer.from(`${at}${body}`), discordKeys.privateKey);
  return {
    body,
    headers: {
      ...json,
      'X-Signature-Timestamp': String(at),
      'X-Signature-Ed25519': signature.toString('hex'),
    },
  };
}

export function discordWebhook({ id = '1', sender = '53908232506183680', chat = '5', text }: Said) {
  const options = [{ type: 3, name: 'message', value: text }];
  return signForDiscord({
    ...{ id, type: 2, token: `token_of_${id}`, channel_id: chat },
    member: { user: { id: sender, username: 'mason' } },
    data: { id: '771825006014889984', name: 'ask', type: 1, options },
  });
}

export const WHATSAPP_CREDENTIALS = {
  phoneNumberId: '106540352242922',
  appSecret: '0123456789abcdef0123456789abcdef',
  verifyToken: 'typed-into-the-dashboard-once',
  accessToken: 'EAAJB0123456789abcdefghij',
};

/** developers.facebook.com/docs/graph-api/webhooks: `sha256=` over the body with the app's secret. */
export function signForWhatsapp(body: string): SignedWebhook {
  const mac = createHmac('sha256', WHATSAPP_CREDENTIALS.appSecret).update(body);
  return { body, headers: { ...json, 'X-Hub-Signature-256': `sha256=${mac.digest('hex')}` } };
}

export function whatsappWebhook({ id = 'wamid.1', sender = '15551234567', text }: Said) {
  const message = {
    from: sender,
    id,
    timestamp: String(unixNow()),
    type: 'text',
    text: { body: text },
  };
  const metadata = {
    display_phone_number: '15550783881',
    phone_number_id: WHATSAPP_CREDENTIALS.phoneNumberId,
  };
  const value = { messaging_product: 'whatsapp', metadata, messages: [message] };
  const entry = [{ id: '102290129340398', changes: [{ field: 'messages', value }] }];
  return signForWhatsapp(JSON.stringify({ object: 'whatsapp_business_account', entry }));
}

const teamsKeys = generateKeyPairSync('rsa', { modulusLength: 2_048 });

export const TEAMS_CREDENTIALS = {
  appId: '6f8e2f2a-0f1c-4b1e-9a54-0b7a3a2f9c11',
  appPassword: 'a-client-secret-of-the-bot-app',
};

/** Said of whoever issues the tokens of the Bot Connector, beside its public key. */
export const TEAMS_ISSUER = 'https://api.botframework.com';

/** The key that the Bot Connector publishes, with the networks that it may speak for. */
export const TEAMS_KEY = {
  ...{ ...teamsKeys.publicKey.export({ format: 'jwk' }), kid: 'connector-1', use: 'sig' },
  endorsements: ['msteams', 'skype'],
};

/** What is different in a token from what it must be. */
export interface TokenChange {
  readonly header?: object;
  readonly claims?: object;
  readonly key?: KeyObject;
}

const toPart = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');

/** learn.microsoft.com, "Connector to Bot: example JWT components" */
export function teamsToken(serviceUrl: string, change: TokenChange = {}): string {
  const { key = teamsKeys.privateKey } = change;
  const now = unixNow();
  const header = { typ: 'JWT', alg: 'RS256', kid: TEAMS_KEY.kid, ...change.header };
  const claims = {
    ...{ aud: TEAMS_CREDENTIALS.appId, iss: TEAMS_ISSUER, nbf: now - 60, exp: now + 3_600 },
    ...{ serviceurl: serviceUrl, ...change.claims },
  };
  const text = `${toPart(header)}.${toPart(claims)}`;
  return `${text}.${sign('RSA-SHA256', Buffer.from(text), key).toString('base64url')}`;
}

/** learn.microsoft.com, "API reference for the Bot Framework Connector service": an activity. */
export function teamsWebhook(said: Said, serviceUrl = 'https://smba.trafficmanager.net/emea/') {
  const { id = '1481567603816', sender = '29:ann', chat = 'a:1f2', text, isBot } = said;
  const activity = {
    ...{ type: 'message', id, channelId: 'msteams', serviceUrl, text, textFormat: 'plain' },
    from: { id: isBot === true ? '28:another-bot' : sender, name: 'Ann' },
    conversation: { id: chat, conversationType: 'personal', tenantId: randomUUID() },
    recipient: { id: `28:${TEAMS_CREDENTIALS.appId}`, name: 'Bot' },
    attachments: [{ contentType: 'text/html', content: `<p>${text.length}</p>` }],
  };
  return signForTeams(activity, teamsToken(serviceUrl));
}

export function signForTeams(activity: object, token: string): SignedWebhook {
  return {
    body: JSON.stringify(activity),
    headers: { ...json, Authorization: `Bearer ${token}` },
  };
}

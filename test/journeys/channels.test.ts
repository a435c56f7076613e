/** From a platform's webhook to one turn and one reply, over HTTP against stand-ins. */

import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Api, callApi } from '../support/api.ts';
import { type StandIn, startStandIn } from '../support/channel-standins.ts';
import {
  discordWebhook,
  type Said,
  type SignedWebhook,
  signForDiscord,
  signForSlack,
  slackWebhook,
  standardWebhook,
  telegramWebhook,
  WHATSAPP_CREDENTIALS,
  whatsappWebhook,
} from '../support/channel-webhooks.ts';
import {
  channelOrder,
  deliver,
  eventually,
  exempt,
  says,
  type TestPlatform,
} from '../support/channels.ts';
import { type Gateway, startGateway } from '../support/gateway.ts';

const WEBHOOKS: Record<TestPlatform, (said: Said) => SignedWebhook> = {
  webhook: standardWebhook,
  telegram: telegramWebhook,
  slack: slackWebhook,
  discord: discordWebhook,
  whatsapp: whatsappWebhook,
};
const PLATFORMS = Object.keys(WEBHOOKS) as TestPlatform[];

let gateway: Gateway;
let api: Api;
let standIn: StandIn;

beforeAll(async () => {
  [gateway, standIn] = await Promise.all([startGateway({ examples: false }), startStandIn()]);
  api = callApi(gateway);
  await exempt(api, standIn);
  for (const platform of PLATFORMS) {
    const { status } = await api.post('/v1/channels', channelOrder(standIn, platform));
    expect([platform, status]).toEqual([platform, 201]);
  }
});
afterAll(async () => {
  await gateway?.dispose();
  await standIn?.close();
});
beforeEach(() => {
  standIn.delivered.length = 0;
});

const find = async (name: string) => (await api.get(`/v1/channels/${name}`)).body;
const texts = () => standIn.delivered.map(({ text }) => text);

describe.each(PLATFORMS)('%s', (platform) => {
  test('a message has one turn and one reply, however often it is delivered', async () => {
    const webhook = WEBHOOKS[platform]({ id: '4242', text: says(`hello from ${platform}`) });
    const answers = [];
    for (let n = 0; n < 3; n++) answers.push(await deliver(gateway, platform, webhook));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
    await eventually(() => expect(texts()).toEqual([`hello from ${platform}`]));
    expect((await deliver(gateway, platform, webhook)).status).toBe(200);
    const { updates, replies } = await find(platform);
    expect(updates).toEqual([expect.objectContaining({ status: 'answered' })]);
    await eventually(async () => {
      const [reply] = (await find(platform)).replies;
      expect(reply).toMatchObject({ status: 'sent', attempts: 1 });
    });
    expect(replies).toHaveLength(1);
    const { body } = await api.get(`/v1/sessions/${updates[0].sessionId}`);
    expect(body.turns).toBe(1);
  });

  test('a reply that is too long for one message comes in several, in order and whole', async () => {
    const long = Array.from({ length: 3_000 }, (_, n) => `word${n}`).join(' ');
    await deliver(gateway, platform, WEBHOOKS[platform]({ id: '4243', text: says(long) }));
    await eventually(() => expect(texts().join('')).toBe(long));
    expect(texts().length).toBeGreaterThan(1);
  });
});

test('no stand-in had anything to complain of', () => {
  expect(standIn.complaints).toEqual([]);
});

describe('handshakes', () => {
  test('of Slack: the challenge is said back, if it is signed', async () => {
    const body = JSON.stringify({ type: 'url_verification', challenge: '3eZbrw1aB10', token: 'x' });
    const answer = await deliver(gateway, 'slack', signForSlack(body));
    expect([answer.status, answer.text]).toEqual([200, '3eZbrw1aB10']);
  });

  test('of Discord: a ping has a pong, and a command a deferred answer', async () => {
    const ping = await deliver(gateway, 'discord', signForDiscord({ type: 1 }));
    expect([ping.status, JSON.parse(ping.text)]).toEqual([200, { type: 1 }]);
    const command = discordWebhook({ id: '77', text: says('later') });
    expect(JSON.parse((await deliver(gateway, 'discord', command)).text)).toEqual({ type: 5 });
    await eventually(() => expect(texts()).toEqual(['later']));
  });

  test('of WhatsApp: the challenge is said back for the right verify token alone', async () => {
    const ask = (token: string) =>
      fetch(
        `${gateway.url}/v1/webhooks/default/whatsapp?hub.mode=subscribe&hub.challenge=1158201444&hub.verify_token=${token}`,
      );
    const right = await ask(WHATSAPP_CREDENTIALS.verifyToken);
    expect([right.status, await right.text()]).toEqual([200, '1158201444']);
    expect((await ask('typed-into-another-dashboard')).status).toBe(401);
  });
});

describe('what a platform answers', () => {
  const say = (id: string) => telegramWebhook({ id, text: says(`reply ${id}`) });
  const replyTo = async (id: string) => {
    const { replies } = await find('telegram');
    return replies.find(({ updateId }: { updateId: string }) => updateId === id);
  };

  test('429 is waited for, and then the reply is sent once', async () => {
    standIn.mishaps.push({
      kind: 'status',
      of: 'reply 501',
      status: 429,
      headers: { 'Retry-After': '1' },
    });
    await deliver(gateway, 'telegram', say('501'));
    await eventually(async () =>
      expect(await replyTo('501')).toMatchObject({ status: 'sent', attempts: 2 }),
    );
    expect(texts()).toEqual(['reply 501']);
  });

  test('a refusal ends the reply, and its owner can send it again', async () => {
    standIn.mishaps.push({ kind: 'status', of: 'reply 502', status: 403 });
    await deliver(gateway, 'telegram', say('502'));
    const failed = await eventually(async () => {
      const reply = await replyTo('502');
      expect(reply).toMatchObject({ status: 'failed', code: 'http_403' });
      return reply;
    });
    const resend = `/v1/channels/telegram/replies/${failed.id}/resend`;
    expect((await api.post(resend)).status).toBe(202);
    await eventually(async () => expect((await replyTo('502')).status).toBe('sent'));
    expect((await api.post(resend)).status).toBe(409);
    expect(texts()).toEqual(['reply 502']);
  });

  test('after a failure nobody knows, and nothing is sent again by itself', async () => {
    standIn.mishaps.push({ kind: 'status', of: 'reply 503', status: 502 });
    await deliver(gateway, 'telegram', say('503'));
    await eventually(async () => expect((await replyTo('503')).status).toBe('unknown'));
    expect(texts()).toEqual([]);
  });

  test('where the platform knows a key, a failed request is simply repeated', async () => {
    standIn.mishaps.push({ kind: 'status', of: 'again', status: 502 });
    await deliver(gateway, 'webhook', standardWebhook({ text: says('again') }));
    await eventually(() => expect(texts()).toEqual(['again']));
  });
});

describe('a channel', () => {
  test('takes no reply to a private address that policy does not exempt', async () => {
    const order = channelOrder(standIn, 'webhook', {
      name: 'inward',
      apiBase: 'http://127.0.0.1:1/webhook',
    });
    expect((await api.post('/v1/channels', order)).status).toBe(201);
    await deliver(gateway, 'inward', standardWebhook({ text: says('secret') }));
    await eventually(async () => {
      const [reply] = (await find('inward')).replies;
      expect(reply).toMatchObject({ status: 'failed', code: 'private_address', attempts: 0 });
    });
  });

  test('says that it is open to all, and tells its credentials to nobody', async () => {
    const { body } = await api.get('/v1/channels');
    expect(body.channels).toContainEqual(
      expect.objectContaining({ name: 'slack', warnings: ['open_channel'] }),
    );
    const told = JSON.stringify([body, await find('slack'), await find('discord')]);
    expect(told).not.toMatch(/xoxb|whsec|signingSecret|token_of/);
  });

  test('that is deleted takes nothing in any more', async () => {
    await api.post('/v1/channels', channelOrder(standIn, 'webhook', { name: 'short-lived' }));
    const webhook = standardWebhook({ text: says('too late') });
    expect((await api.delete('/v1/channels/short-lived')).status).toBe(204);
    expect((await deliver(gateway, 'short-lived', webhook)).status).toBe(401);
    expect((await api.get('/v1/channels/short-lived')).status).toBe(404);
  });

  test('stands on the record with what was sent', async () => {
    await eventually(async () => {
      const { body } = await api.get('/v1/audit?action=channel-reply&limit=200');
      const reasons = body.records.map(({ event }: { event: { reason: string } }) => event.reason);
      expect(new Set(reasons)).toEqual(new Set(['sent', 'unknown', 'http_403', 'private_address']));
    });
    expect((await api.get('/v1/audit/verify')).body.ok).toBe(true);
  });
});

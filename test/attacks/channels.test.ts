/** Attacks on channels over HTTP: forged and broken webhooks, guessed codes, borrowed authority. */

import { generateKeyPairSync } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { attenuate } from '../../src/client/attenuate.ts';
import { MAX_CHANNELS } from '../../src/core/channels/channel-spec.ts';
import { type Api, callApi } from '../support/api.ts';
import { type StandIn, startStandIn } from '../support/channel-standins.ts';
import {
  discordWebhook,
  type Said,
  signForTeams,
  signForWhatsapp,
  slackWebhook,
  standardWebhook,
  type TokenChange,
  teamsToken,
  teamsWebhook,
  telegramWebhook,
  WEBHOOK_CREDENTIALS,
} from '../support/channel-webhooks.ts';
import { channelOrder, deliver, eventually, exempt, says } from '../support/channels.ts';
import { type Gateway, startGateway } from '../support/gateway.ts';
import { type StandIn as Provider, startProvider, streamText, USAGE } from '../support/provider.ts';

let gateway: Gateway;
let api: Api;
let standIn: StandIn;
let provider: Provider;

beforeAll(async () => {
  [standIn, provider] = await Promise.all([startStandIn(), startProvider()]);
  const secrets = {
    OPENAI_COMPATIBLE_BASE_URL: provider.baseUrl,
    OPENAI_COMPATIBLE_MODELS: 'slow',
  };
  gateway = await startGateway({ examples: false, secrets });
  api = callApi(gateway);
  await exempt(api, standIn);
  for (const platform of ['webhook', 'telegram', 'slack', 'whatsapp', 'teams'] as const) {
    expect((await api.post('/v1/channels', channelOrder(standIn, platform))).status).toBe(201);
  }
});
afterAll(async () => {
  await gateway?.dispose();
  await standIn?.close();
  provider?.dispose();
});

const find = async (name: string) => (await api.get(`/v1/channels/${name}`)).body;
const say = (channel: string, said: Said) => deliver(gateway, channel, standardWebhook(said));

describe('a webhook that nobody signed', () => {
  test('is 401 and leaves nothing, wherever it is sent', async () => {
    const { body, headers } = standardWebhook({ text: says('forged') });
    const forged = { ...headers, 'webhook-signature': `v1,${'A'.repeat(43)}=` };
    const { 'webhook-signature': _, ...bare } = headers;
    const status = async (channel: string, given: Record<string, string>) =>
      (await deliver(gateway, channel, { body, headers: given })).status;
    expect([
      await status('webhook', forged),
      await status('webhook', bare),
      await status('telegram', headers),
      await status('slack', headers),
      await status('nobody', headers),
      await status('NOT%20A%20NAME', headers),
    ]).toEqual([401, 401, 401, 401, 401, 401]);
    const elsewhere = `${gateway.url}/v1/webhooks/other-workspace/webhook`;
    expect((await fetch(elsewhere, { method: 'POST', headers, body })).status).toBe(401);
    expect((await find('webhook')).updates).toEqual([]);
    await eventually(async () => {
      const { body: audit } = await api.get('/v1/audit?scope=deployment&action=login-refused');
      expect(audit.records ?? [{}]).not.toEqual([]);
    });
  });

  test('is not made good by a recording of the right one: old, changed or renamed', async () => {
    const old = standardWebhook({ text: says('old') }, Math.floor(Date.now() / 1_000) - 301);
    const now = standardWebhook({ id: 'once', text: says('once') });
    const renamed = { ...now, headers: { ...now.headers, 'webhook-id': 'twice' } };
    const cut = { ...now, body: now.body.slice(0, -1) };
    const late = Math.floor(Date.now() / 1_000) - 301;
    const slack = slackWebhook({ text: says('slack') });
    const slackLate = {
      ...slack,
      headers: { ...slack.headers, 'X-Slack-Request-Timestamp': String(late) },
    };
    const answers = [
      await deliver(gateway, 'webhook', old),
      await deliver(gateway, 'webhook', renamed),
      await deliver(gateway, 'webhook', cut),
      await deliver(gateway, 'slack', slackLate),
    ];
    expect(answers.map(({ status }) => status)).toEqual([401, 401, 401, 401]);
    expect((await find('webhook')).updates).toEqual([]);
  });
});

describe('a webhook that is signed', () => {
  test('but broken is 400, and too large is 413', async () => {
    expect((await deliver(gateway, 'whatsapp', signForWhatsapp('{"object":'))).status).toBe(400);
    const large = standardWebhook({ text: 'x'.repeat(1_100_000) });
    expect((await deliver(gateway, 'webhook', large)).status).toBe(413);
  });

  test('and delivered many times at once, in any order, has one turn each', async () => {
    const ids = ['11', '12', '13', '14'];
    const all = ids.flatMap((id) =>
      Array.from({ length: 5 }, () => telegramWebhook({ id, text: says(`reply ${id}`) })),
    );
    const shuffled = all.toReversed();
    const answers = await Promise.all(
      shuffled.map((webhook) => deliver(gateway, 'telegram', webhook)),
    );
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    await eventually(() =>
      expect(standIn.delivered.map(({ text }) => text).sort()).toEqual(
        ids.map((id) => `reply ${id}`),
      ),
    );
    const { updates } = await find('telegram');
    const { body } = await api.get(`/v1/sessions/${updates[0].sessionId}`);
    expect(body.turns).toBe(ids.length);
  });
});

describe('a token of Teams', () => {
  const serviceUrl = () => `${standIn.url}/teams/emea/`;
  const { body } = teamsWebhook({ text: says('forged') });
  const activity = () => ({ ...JSON.parse(body), serviceUrl: serviceUrl() });
  const now = Math.floor(Date.now() / 1_000);
  const send = (change: TokenChange, said: object = {}) =>
    deliver(
      gateway,
      'teams',
      signForTeams({ ...activity(), ...said }, teamsToken(serviceUrl(), change)),
    );

  test.each<[string, TokenChange]>([
    ['for another bot', { claims: { aud: '00000000-0000-4000-8000-000000000000' } }],
    ['of another issuer', { claims: { iss: 'https://login.evil.example' } }],
    ['for another service', { claims: { serviceurl: 'https://smba.trafficmanager.net/emea/' } }],
    ['that is over', { claims: { exp: now - 400 } }],
    ['without an algorithm', { header: { alg: 'none' } }],
    ['with a MAC for a signature', { header: { alg: 'HS256' } }],
    ['under a key that nobody published', { header: { kid: 'connector-2' } }],
    ['under another key', { key: generateKeyPairSync('rsa', { modulusLength: 2_048 }).privateKey }],
  ])('%s is 401 and leaves nothing', async (_, change) => {
    expect((await send(change)).status).toBe(401);
    expect((await find('teams')).updates).toEqual([]);
  });

  test('is worth nothing with another address in its activity, where our own would go', async () => {
    const evil = 'https://evil.example/emea/';
    expect((await send({}, { serviceUrl: evil })).status).toBe(401);
    expect((await send({ claims: { serviceurl: evil } }, { serviceUrl: evil })).status).toBe(401);
    expect((await send({}, { channelId: 'webchat' })).status).toBe(401);
    expect((await find('teams')).updates).toEqual([]);
  });

  test('that was recorded brings a message that was taken no second turn', async () => {
    const taken = { id: '900', text: says('once') };
    expect((await send({}, taken)).status).toBe(200);
    expect((await send({}, taken)).status).toBe(200);
    expect((await find('teams')).updates).toHaveLength(1);
    await eventually(() =>
      expect(standIn.delivered.filter(({ text }) => text === 'once')).toHaveLength(1),
    );
  });
});

describe('a pairing code', () => {
  test('cannot be guessed: after five attempts even the right one is not heard', async () => {
    const order = channelOrder(standIn, 'webhook', {
      ...{ name: 'coded', access: { mode: 'pair-with-code' } },
    });
    await api.post('/v1/channels', order);
    const { code } = (await api.post('/v1/channels/coded/codes')).body;
    const guesses = ['00000000', '00000001', '00000002', '00000003', '00000004', code];
    for (const text of guesses) await say('coded', { sender: 'mallory', text });
    const { updates, pairings } = await find('coded');
    expect(updates.map((update: { code: string }) => update.code)).toEqual(
      guesses.map(() => 'not_paired'),
    );
    expect(pairings).toEqual([]);
    await say('coded', { sender: 'ann', text: code });
    expect((await find('coded')).pairings).toMatchObject([{ sender: 'ann', state: 'paired' }]);
  });

  test('of one channel is worth nothing on another', async () => {
    const order = (name: string) =>
      channelOrder(standIn, 'webhook', { name, access: { mode: 'pair-with-code' } });
    for (const name of ['first', 'second']) await api.post('/v1/channels', order(name));
    const { code } = (await api.post('/v1/channels/first/codes')).body;
    await say('second', { text: code });
    expect((await find('second')).pairings).toEqual([]);
  });
});

/** Its model is asked when the test says so. */
const createSlow = async (
  name: string,
  change: object = {},
  platform: 'webhook' | 'discord' = 'webhook',
) => {
  const slow = { model: 'compatible/slow', capabilities: ['provider:llm:call:compatible/slow'] };
  const order = channelOrder(standIn, platform, { name, ...slow, ...change });
  expect((await api.post('/v1/channels', order)).status).toBe(201);
};
const texts = () => standIn.delivered.map(({ text }) => text);
/** The next request to the model, which waits for its answer. */
const thinking = () =>
  new Promise<(answer: string) => void>((resolve) => {
    provider.answer = (_, response: ServerResponse) =>
      resolve((answer) => streamText(response, answer));
  });

describe('while the model thinks', () => {
  test('a channel is deleted: its answer goes nowhere, also by another channel of its name', async () => {
    await createSlow('brief');
    const begun = thinking();
    await say('brief', { chat: 'old', text: 'What is the secret?' });
    const answer = await begun;
    const [{ sessionId }] = (await find('brief')).updates;
    expect((await api.delete('/v1/channels/brief')).status).toBe(204);
    const quick = { model: 'embedded/script', capabilities: ['provider:llm:call:embedded/*'] };
    await createSlow('brief', quick);
    answer('The secret is 42');
    await say('brief', { chat: 'old', text: says('of the new one') });
    await eventually(() => expect(texts()).toContain('of the new one'));
    expect(texts()).not.toContain('The secret is 42');
    const { body } = await api.get(`/v1/sessions/${sessionId}/messages`);
    expect(JSON.stringify(body)).not.toContain('The secret is 42');
    expect((await find('brief')).replies).toHaveLength(1);
  });

  test('a conversation is deleted, and its sender is heard again', async () => {
    await createSlow('forgetful');
    const begun = thinking();
    await say('forgetful', { text: 'one' });
    const answer = await begun;
    const [{ sessionId }] = (await find('forgetful')).updates;
    await say('forgetful', { text: 'two' });
    expect((await api.delete(`/v1/sessions/${sessionId}`)).status).toBe(204);
    answer('nobody hears it');
    provider.answer = (_, response) => streamText(response, 'to two');
    await eventually(() => expect(texts()).toContain('to two'));
    expect(texts()).not.toContain('nobody hears it');
    expect((await find('forgetful')).counts.waiting).toBe(0);
  });

  test('a sender spends no more in many chats at once than in one after the other', async () => {
    // What one reply costs, so the second has nothing left.
    const senderBudget = { tokens: USAGE.total_tokens, costMicroUsd: 0 };
    await createSlow('frugal', { session: 'chat', senderBudget });
    const asked = provider.asked.length;
    const begun = thinking();
    for (const chat of ['left', 'right']) await say('frugal', { chat, text: 'Hello' });
    const answer = await begun;
    await eventually(async () => expect((await find('frugal')).counts.waiting).toBe(2));
    answer('Hello.');
    const { updates } = await eventually(async () => {
      const channel = await find('frugal');
      expect(channel.counts).toEqual({ waiting: 0, answered: 1, refused: 1 });
      return channel;
    });
    const codes = updates.flatMap(({ code }: { code?: string }) => code ?? []);
    expect([codes, provider.asked.length - asked]).toEqual([['budget_exhausted'], 1]);
  });

  test('a sender is denied: his turn ends, and what waits of him has none', async () => {
    await createSlow('watched', { access: { mode: 'pair-on-request' } });
    const decide = async (decision: string) => {
      const [{ id }] = (await find('watched')).pairings;
      const decided = await api.post(`/v1/channels/watched/pairings/${id}`, { decision });
      expect(decided.status).toBe(200);
    };
    await say('watched', { text: 'May I?' });
    await decide('approve');
    const begun = thinking();
    await say('watched', { text: 'one' });
    const answer = await begun;
    await say('watched', { text: 'two' });
    await decide('deny');
    answer('to one');
    await eventually(async () => {
      const { counts, updates } = await find('watched');
      expect(counts).toEqual({ waiting: 0, answered: 1, refused: 2 });
      expect(updates[0].code).toBe('not_allowed');
    });
    expect(texts()).not.toContain('to one');
    expect((await find('watched')).replies).toHaveLength(1);
  });
});

test('who is denied while his command on Discord waits does not see it "thinking" for ever', async () => {
  await createSlow('watched-too', { access: { mode: 'pair-on-request' } }, 'discord');
  const command = (id: string, text: string) =>
    deliver(gateway, 'watched-too', discordWebhook({ id, text }));
  const decide = async (decision: string) => {
    const [{ id }] = (await find('watched-too')).pairings;
    await api.post(`/v1/channels/watched-too/pairings/${id}`, { decision });
  };
  await command('1', 'May I?');
  await decide('approve');
  const begun = thinking();
  await command('2', 'one');
  const answer = await begun;
  expect(JSON.parse((await command('3', 'two')).text)).toEqual({ type: 5 });
  await decide('deny');
  answer('to one');
  const original = (id: string) => `token_of_${id}/@original`;
  await eventually(() =>
    expect(standIn.delivered).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ key: original('2'), text: 'That is not answered here.' }),
        expect.objectContaining({ key: original('3'), text: 'That is not answered here.' }),
      ]),
    ),
  );
});

test('a kill switch ends one sender of a channel, and no other', async () => {
  await api.post('/v1/channels', channelOrder(standIn, 'webhook', { name: 'hunted' }));
  await say('hunted', { id: 'first', sender: 'eve', text: says('eve one') });
  const [{ principal }] = (await find('hunted')).updates;
  const killSwitch = { kind: 'principal', name: `channel:${principal}` };
  expect((await api.post('/v1/switches', { killSwitch })).status).toBe(204);
  await say('hunted', { id: 'second', sender: 'eve', text: says('eve two') });
  await say('hunted', { id: 'third', sender: 'ann', text: says('ann') });
  await eventually(async () => {
    const { updates, counts } = await find('hunted');
    expect(counts.waiting).toBe(0);
    const codes = updates.map(({ updateId, code }: Record<string, string>) => [updateId, code]);
    expect(Object.fromEntries(codes)).toMatchObject({ second: 'denied', third: undefined });
  });
  expect((await api.post('/v1/switches/release', { killSwitch })).status).toBe(204);
  await say('hunted', { id: 'fourth', sender: 'eve', text: says('eve is back') });
  await eventually(() =>
    expect(standIn.delivered.map(({ text }) => text)).toContain('eve is back'),
  );
});

describe('somebody with a token', () => {
  test('manages no channel that he does not hold, and hands on nothing that he does not have', async () => {
    const issued = await api.post('/v1/tokens', {
      subject: { kind: 'user', id: 'eve' },
      grants: [
        'channel:list:webhook',
        'channel:manage:eves',
        'channel:send:eves',
        'channel:receive:eves',
      ],
    });
    const eve = callApi(gateway, issued.body.token);
    const listed = (await eve.get('/v1/channels')).body.channels;
    expect(listed.map(({ name }: { name: string }) => name)).toEqual(['webhook']);
    const create = (change: object) =>
      eve.post('/v1/channels', channelOrder(standIn, 'webhook', change));
    const statuses = [
      (await eve.delete('/v1/channels/webhook')).status,
      (await eve.get('/v1/channels/telegram')).status,
      (await eve.post('/v1/channels/webhook/codes')).status,
      (await eve.post('/v1/channels/webhook/replies/rep_1/resend')).status,
      (await eve.post('/v1/channels/webhook/messages', { chat: 'c', text: 'x' })).status,
      (await create({ name: 'stolen', capabilities: [] })).status,
      (await create({ name: 'eves' })).status,
    ];
    expect(statuses).toEqual([403, 403, 403, 403, 403, 403, 403]);
    expect((await create({ name: 'eves', capabilities: [] })).status).toBe(201);
    const joins = (await find('webhook')).pairings[0]?.principal ?? 'webhook.0';
    expect((await eve.post('/v1/channels/eves/codes', { joins })).status).toBe(403);
  });

  test('who was left less of it makes no channel that has more', async () => {
    const issued = await api.post('/v1/tokens', {
      subject: { kind: 'service', id: 'holder' },
      grants: ['channel:*', 'provider:*', 'session:*'],
    });
    const { token } = issued.body;
    const poor = await attenuate(token, [{ kind: 'budget', maxTokens: 1 }]);
    const heard = async (name: string, by: string) => {
      const order = channelOrder(standIn, 'webhook', { name });
      expect((await callApi(gateway, by).post('/v1/channels', order)).status).toBe(201);
      await say(name, { text: says(`heard by ${name}`) });
      return await eventually(async () => {
        const [reply] = (await find(name)).replies;
        expect(reply?.status).toBe('sent');
        return standIn.delivered.some(({ text }) => text === `heard by ${name}`);
      });
    };
    expect([await heard('rich', token), await heard('poor', poor)]).toEqual([true, false]);
  });

  test('gives no words of others out as his own by forwarding them', async () => {
    const order = { name: 'known', access: { mode: 'allow-list', senders: ['7'] } };
    await api.post('/v1/channels', channelOrder(standIn, 'telegram', order));
    const { body, headers } = telegramWebhook({ id: '1', text: says('own') });
    const { message } = JSON.parse(telegramWebhook({ text: says('passed on') }).body);
    const forward_origin = { type: 'hidden_user', date: 1, sender_user_name: 'Eve' };
    const forwarded = { update_id: 2, message: { ...message, forward_origin } };
    await deliver(gateway, 'known', { body, headers });
    await deliver(gateway, 'known', { body: JSON.stringify(forwarded), headers });
    const { updates } = await eventually(async () => {
      const channel = await find('known');
      expect(channel.counts.answered).toBe(2);
      return channel;
    });
    const said = await api.get(`/v1/sessions/${updates[0].sessionId}/messages`);
    const labels = said.body.messages
      .filter(({ role }: { role: string }) => role === 'user')
      .map(({ label }: { label: { integrity: string } }) => label.integrity);
    expect(labels).toEqual(['trusted', 'untrusted']);
  });

  test('says nothing in a chat that the channel leaves out, nor more than a message may hold', async () => {
    const order = { name: 'one-chat', chats: ['chat-1'] };
    await api.post('/v1/channels', channelOrder(standIn, 'webhook', order));
    const to = (chat: string, length: number) =>
      api.post('/v1/channels/one-chat/messages', { chat, text: 'x'.repeat(length) });
    expect((await to('chat-2', 1)).status).toBe(409);
    expect((await to('chat-1', 65_537)).status).toBe(422);
    expect((await to('chat-1', 0)).status).toBe(422);
    const blank = { chat: 'chat-1', text: ' \n\t' };
    expect((await api.post('/v1/channels/one-chat/messages', blank)).status).toBe(422);
    expect((await to('chat-1', 65_536)).status).toBe(202);
    await eventually(async () => {
      const { replies } = await find('one-chat');
      expect(replies.every(({ status }: { status: string }) => status === 'sent')).toBe(true);
    });
  });

  test('learns no credential from a refusal', async () => {
    const order = { ...channelOrder(standIn, 'telegram'), name: 'typo' };
    const credentials = { ...WEBHOOK_CREDENTIALS };
    const { status, body } = await api.post('/v1/channels', { ...order, credentials });
    expect([status, JSON.stringify(body).includes(credentials.secret)]).toEqual([422, false]);
    expect(gateway.log()).not.toContain(credentials.secret);
  });
});

describe('who may make channels', () => {
  const makerOf = async (id: string) => {
    const grants = ['channel:manage', 'channel:send', 'channel:receive'];
    const { body } = await api.post('/v1/tokens', { subject: { kind: 'service', id }, grants });
    return callApi(gateway, body.token);
  };
  const make = (maker: Api, name: string) =>
    maker.post('/v1/channels', channelOrder(standIn, 'webhook', { name, capabilities: [] }));
  const namesOf = async (): Promise<string[]> =>
    (await api.get('/v1/channels')).body.channels.map(({ name }: { name: string }) => name);

  test('has half of the room, and is told so, and not that the name is taken', async () => {
    const before = await namesOf();
    const [flooder, other] = [await makerOf('flooder'), await makerOf('other')];
    for (let at = 0; at < MAX_CHANNELS / 2; at++) {
      expect((await make(flooder, `flood-${at}`)).status).toBe(201);
    }
    expect((await make(flooder, 'one-more')).body).toMatchObject({
      status: 429,
      code: 'limit_reached',
      detail: 'Cannot create the channel: its creator must have fewer',
    });
    expect((await make(flooder, 'flood-0')).body).toMatchObject({
      status: 409,
      detail: 'Cannot create the channel: its name is taken',
    });
    const left = MAX_CHANNELS / 2 - before.length;
    for (let at = 0; at < left; at++) expect((await make(other, `other-${at}`)).status).toBe(201);
    const full = 'Cannot create the channel: the workspace must have fewer';
    expect((await make(other, 'one-more')).body).toMatchObject({ status: 429, detail: full });
    expect((await make(api, 'one-more')).body).toMatchObject({ status: 429, detail: full });
    const made = (await namesOf()).filter((name) => !before.includes(name));
    await Promise.all(made.map((name) => api.delete(`/v1/channels/${name}`)));
    expect((await make(flooder, 'one-more')).status).toBe(201);
    await api.delete('/v1/channels/one-more');
  });
});

/** Who may talk on a channel, and what that costs him, over HTTP. */

import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Api, callApi, script } from '../support/api.ts';
import { type StandIn, startStandIn } from '../support/channel-standins.ts';
import { type Said, standardWebhook, telegramWebhook } from '../support/channel-webhooks.ts';
import { channelOrder, deliver, eventually, exempt, says } from '../support/channels.ts';
import { type Gateway, startGateway } from '../support/gateway.ts';

let gateway: Gateway;
let api: Api;
let standIn: StandIn;

beforeAll(async () => {
  [gateway, standIn] = await Promise.all([startGateway(), startStandIn()]);
  api = callApi(gateway);
  await exempt(api, standIn);
});
afterAll(async () => {
  await gateway?.dispose();
  await standIn?.close();
});
beforeEach(() => {
  standIn.delivered.length = 0;
});

const create = async (name: string, change: object) => {
  const order = channelOrder(standIn, 'webhook', { name, ...change });
  const created = await api.post('/v1/channels', order);
  expect(created.status).toBe(201);
};
const find = async (name: string) => (await api.get(`/v1/channels/${name}`)).body;
const say = async (channel: string, said: Said) => {
  expect((await deliver(gateway, channel, standardWebhook(said))).status).toBe(200);
};
const texts = () => standIn.delivered.map(({ text }) => text);
const replied = (...expected: readonly (string | RegExp)[]) =>
  eventually(() => expect(texts()).toEqual(expected.map((text) => expect.stringMatching(text))));
const newestCode = async (channel: string) => (await find(channel)).updates[0].code;

describe('modes', () => {
  test('closed: nobody may talk', async () => {
    await create('shut', { access: { mode: 'closed' } });
    await say('shut', { text: says('never') });
    expect(await newestCode('shut')).toBe('not_allowed');
  });

  test('an allow-list lets in whom it names, and nobody else', async () => {
    await create('listed', { access: { mode: 'allow-list', senders: ['ann'] } });
    await say('listed', { sender: 'bob', text: says('bob was here') });
    expect(await newestCode('listed')).toBe('not_allowed');
    await say('listed', { sender: 'ann', text: says('ann was here') });
    await replied('ann was here');
  });

  test('on request: a stranger is told once, waits, and is let in or refused', async () => {
    await create('asked', { access: { mode: 'pair-on-request' } });
    for (const sender of ['ann', 'bob', 'ann']) await say('asked', { sender, text: says('hi') });
    await replied('was noted', 'was noted');
    const { pairings } = await find('asked');
    expect(pairings.map(({ state }: { state: string }) => state)).toEqual(['pending', 'pending']);
    await gateway.kill();
    await gateway.restart();
    const decide = async (sender: string, decision: string) => {
      const { id } = pairings.find((pairing: { sender: string }) => pairing.sender === sender);
      return (await api.post(`/v1/channels/asked/pairings/${id}`, { decision })).status;
    };
    expect([await decide('ann', 'approve'), await decide('bob', 'deny')]).toEqual([200, 200]);
    await say('asked', { sender: 'ann', text: says('let in') });
    await say('asked', { sender: 'bob', text: says('kept out') });
    await replied('was noted', 'was noted', 'let in');
    expect(
      (await api.post('/v1/channels/asked/pairings/pair_0', { decision: 'deny' })).status,
    ).toBe(404);
  });

  test('with a code: it lets in its first sender, and is used up', async () => {
    await create('coded', { access: { mode: 'pair-with-code' } });
    await say('coded', { text: says('hello?') });
    expect(await newestCode('coded')).toBe('not_paired');
    const issued = await api.post('/v1/channels/coded/codes');
    expect([issued.status, issued.body.code]).toEqual([
      201,
      expect.stringMatching(/^[0-9A-Z]{8}$/),
    ]);
    expect(issued.body.expiresAt - Date.now()).toBeGreaterThan(590_000);
    expect(issued.body.expiresAt - Date.now()).toBeLessThanOrEqual(600_000);
    await say('coded', { text: ` ${issued.body.code.toLowerCase()}\n` });
    await say('coded', { text: says('thank you') });
    await replied('You are paired', 'thank you');
    await say('coded', { sender: 'bob', text: issued.body.code });
    expect(await newestCode('coded')).toBe('not_paired');
  });

  test('has no default, and open is flagged', async () => {
    const { access: _, ...order } = channelOrder(standIn, 'webhook', { name: 'vague' });
    expect((await api.post('/v1/channels', order)).status).toBe(422);
    const open = await api.post('/v1/channels', { ...order, access: { mode: 'open' } });
    expect(open.body.warnings).toEqual(['open_channel']);
  });
});

describe('a sender', () => {
  test('may do what the channel names, and nothing that only its maker may', async () => {
    const call = script(
      { toolCalls: [{ name: 'text-stats', arguments: { text: 'a b c' } }] },
      { text: 'done' },
    );
    const TOOL = 'tool:call:text-stats';
    const MODEL = 'provider:llm:call:embedded/*';
    const access = { mode: 'allow-list', senders: ['ann'] };
    await create('narrow', { access });
    await create('able', { access, capabilities: [MODEL, TOOL] });
    await say('narrow', { text: call });
    await say('able', { text: call });
    await replied('done', 'done');
    const statuses = async (channel: string) => {
      const [{ sessionId, turnId }] = (await find(channel)).updates;
      const { body } = await api.get(`/v1/sessions/${sessionId}/turns/${turnId}`);
      return body.toolCalls.map(({ status }: { status: string }) => status);
    };
    expect([await statuses('narrow'), await statuses('able')]).toEqual([['denied'], ['finished']]);
  });

  test('has a budget of his own for a day', async () => {
    const senderBudget = { tokens: 0, costMicroUsd: 0 };
    await create('poor', { senderBudget });
    await say('poor', { text: says('never') });
    await replied('could not be answered');
    expect(await newestCode('poor')).toBe('budget_exhausted');
  });

  test('is heard as often as his rate says, which ends loops', async () => {
    await create('slow', { senderRate: { calls: 2, periodMs: 60_000 } });
    for (const n of [1, 2, 3]) await say('slow', { text: says(`answer ${n}`) });
    await say('slow', { sender: 'bob', text: says('bob is not slowed') });
    const { updates } = await find('slow');
    expect(updates.map(({ code }: { code?: string }) => code)).toEqual([
      undefined,
      'rate_limited',
      undefined,
      undefined,
    ]);
    await eventually(() =>
      expect(texts().sort()).toEqual(['answer 1', 'answer 2', 'bob is not slowed']),
    );
  });

  test('that is a program is never answered', async () => {
    await create('bots', {});
    await say('bots', { isBot: true, text: says('ping') });
    expect(await newestCode('bots')).toBe('bot');
  });

  test('loses his voice when its maker loses the channel', async () => {
    const issued = await api.post('/v1/tokens', {
      subject: { kind: 'user', id: 'root' },
      grants: [
        'channel:manage:lent',
        'channel:send:lent',
        'channel:receive:lent',
        'provider:llm:call:embedded/*',
      ],
    });
    const maker = callApi(gateway, issued.body.token);
    const order = channelOrder(standIn, 'webhook', { name: 'lent' });
    expect((await maker.post('/v1/channels', order)).status).toBe(201);
    await say('lent', { text: says('still here') });
    await replied('still here');
    await api.delete(`/v1/tokens/${issued.body.id}`);
    await say('lent', { text: says('gone') });
    await eventually(async () => expect(await newestCode('lent')).toBe('denied'));
    expect(texts()).toEqual(['still here']);
  });
});

describe('somebody who is let in', () => {
  const TOOL = 'tool:call:text-stats';
  const MODEL = 'provider:llm:call:embedded/*';
  const call = script(
    { toolCalls: [{ name: 'text-stats', arguments: { text: 'a b c' } }] },
    { text: 'done' },
  );
  const budget = { tokens: 1_000, costMicroUsd: 1_000 };
  const decide = async (channel: string, sender: string, terms: object = {}) => {
    const { pairings } = await find(channel);
    const { id } = pairings.find((pairing: { sender: string }) => pairing.sender === sender);
    const decision = { decision: 'approve', ...terms };
    return api.post(`/v1/channels/${channel}/pairings/${id}`, decision);
  };
  const statusesOf = async (channel: string) => {
    const [{ sessionId, turnId }] = (await find(channel)).updates;
    const { body } = await api.get(`/v1/sessions/${sessionId}/turns/${turnId}`);
    return body.toolCalls.map(({ status }: { status: string }) => status);
  };

  test('may do less than the channel gives, and never more', async () => {
    const access = { mode: 'pair-on-request' };
    await create('terms', { access, capabilities: [MODEL, TOOL], senderBudget: budget });
    for (const sender of ['ann', 'bob']) await say('terms', { sender, text: 'let me in' });
    await replied(/noted/, /noted/);
    const wider = [
      { capabilities: [TOOL, 'tool:call:http-fetch'] },
      { capabilities: ['tool:*'] },
      { budget: { ...budget, tokens: 1_001 } },
      { budget: { ...budget, costMicroUsd: 1_001 } },
    ];
    for (const terms of wider) {
      expect([terms, (await decide('terms', 'ann', terms)).status]).toEqual([terms, 422]);
    }
    expect((await find('terms')).pairings[0].state).toBe('pending');
    const narrow = { capabilities: [MODEL], budget: { ...budget, costMicroUsd: 10 } };
    const decided = await decide('terms', 'ann', narrow);
    expect(decided.body).toMatchObject({ state: 'paired', ...narrow });
    expect((await decide('terms', 'bob')).body).not.toHaveProperty('capabilities');
    standIn.delivered.length = 0;
    await say('terms', { sender: 'ann', text: call });
    await replied('done');
    expect(await statusesOf('terms')).toEqual(['denied']);
    await say('terms', { sender: 'bob', text: call });
    await replied('done', 'done');
    expect(await statusesOf('terms')).toEqual(['finished']);
  });

  test('has the budget that was given to him, and another one his own', async () => {
    await create('poorer', { access: { mode: 'pair-on-request' } });
    for (const sender of ['eve', 'ann']) await say('poorer', { sender, text: 'let me in' });
    await replied(/noted/, /noted/);
    standIn.delivered.length = 0;
    const none = { budget: { tokens: 0, costMicroUsd: 0 } };
    expect((await decide('poorer', 'eve', none)).status).toBe(200);
    expect((await decide('poorer', 'ann')).status).toBe(200);
    await say('poorer', { sender: 'eve', text: says('never') });
    await replied('could not be answered');
    expect(await newestCode('poorer')).toBe('budget_exhausted');
    await say('poorer', { sender: 'ann', text: says('ann may') });
    await replied('could not be answered', 'ann may');
  });
});

describe('sessions and identities', () => {
  const sessions = async (channel: string) =>
    (await find(channel)).updates.map(({ sessionId }: { sessionId: string }) => sessionId);

  test('a chat shares a session where the channel says so', async () => {
    await create('shared', { session: 'chat' });
    await say('shared', { sender: 'ann', chat: 'one', text: says('1') });
    await say('shared', { sender: 'bob', chat: 'one', text: says('2') });
    await say('shared', { sender: 'ann', chat: 'two', text: says('3') });
    await replied(/./, /./, /./);
    const [third, second, first] = await sessions('shared');
    expect(first).toBe(second);
    expect(third).not.toBe(first);
  });

  test('two accounts are one identity only by a code', async () => {
    const change = { session: 'identity', access: { mode: 'pair-with-code' } };
    await create('here', change);
    const there = channelOrder(standIn, 'telegram', { ...change, name: 'there' });
    expect((await api.post('/v1/channels', there)).status).toBe(201);
    const codeFor = async (channel: string, body?: object) =>
      (await api.post(`/v1/channels/${channel}/codes`, body)).body.code;

    await say('here', { text: await codeFor('here') });
    const [{ principal }] = (await find('here')).pairings;
    const telegram = (id: string, text: string) =>
      deliver(gateway, 'there', telegramWebhook({ id, text }));
    await telegram('1', await codeFor('there', { joins: principal }));
    await say('here', { text: says('from here') });
    await telegram('2', says('from there'));
    await replied('You are paired', 'same identity', /from/, /from/);
    expect((await find('there')).pairings[0].principal).toBe(principal);
    expect((await sessions('there'))[0]).toBe((await sessions('here'))[0]);
    const nobody = await api.post('/v1/channels/there/codes', { joins: 'here.nobody' });
    expect(nobody.status).toBe(404);
  });

  test('two accounts are one by a code that the one gets and the other sends', async () => {
    const change = { session: 'identity', linking: true };
    await create('left', { ...change, access: { mode: 'allow-list', senders: ['ann'] } });
    await create('right', { ...change, access: { mode: 'allow-list', senders: ['anna', 'eve'] } });
    await create('closed-to-links', { access: { mode: 'open' } });
    await create('asks-first', { ...change, access: { mode: 'pair-on-request' } });
    const priv = { chat: 'dm', isPrivate: true };

    await say('left', { ...priv, sender: 'ann', isPrivate: false, text: '/link' });
    await replied('private chat only');
    standIn.delivered.length = 0;
    await say('left', { ...priv, sender: 'ann', text: ' /LINK ' });
    await replied('Your code is');
    const [, code = ''] = /code is (\w{8})/.exec(texts()[0] ?? '') ?? [];

    for (const channel of ['closed-to-links', 'asks-first']) {
      await say(channel, { sender: 'mallory', text: code });
      expect((await find(channel)).updates[0].code).not.toBe('code_redeemed');
    }
    await say('right', { ...priv, sender: 'anna', text: code });
    await eventually(() => expect(texts()).toContainEqual(expect.stringMatching('same identity')));
    await say('right', { ...priv, sender: 'eve', text: code });
    const { pairings } = await find('right');
    expect(pairings).toMatchObject([{ sender: 'anna', state: 'paired' }]);

    await say('left', { ...priv, sender: 'ann', text: says('from the left') });
    await say('right', { ...priv, sender: 'anna', text: says('from the right') });
    await eventually(() =>
      expect(texts()).toEqual(expect.arrayContaining(['from the left', 'from the right'])),
    );
    expect((await sessions('right'))[0]).toBe((await sessions('left'))[0]);
    expect(pairings[0].principal).toBe((await find('left')).updates[0].principal);
  });
});

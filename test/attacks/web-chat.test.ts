/** Web chats over their WebSockets: nothing lost or doubled, and nobody in another visitor's place. */

import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { attenuate } from '../../src/client/attenuate.ts';
import { type Api, callApi } from '../support/api.ts';
import { eventually, says } from '../support/channels.ts';
import { type Gateway, startGateway } from '../support/gateway.ts';
import { issueTicket, knock, openPage, PAGE, type TestPage } from '../support/web-chat.ts';

let gateway: Gateway;
let api: Api;
const pages: TestPage[] = [];

beforeAll(async () => {
  gateway = await startGateway({ examples: false, env: { SALLYPORT_LEASE_MS: '1000' } });
  api = callApi(gateway);
  for (const name of ['shop', 'other']) await create(name);
});
afterAll(() => gateway?.dispose());
afterEach(async () => {
  for (const page of pages.splice(0)) {
    page.close();
    await page.closed;
  }
});

async function create(name: string, change: object = {}) {
  const order = {
    ...{ name, platform: 'web-chat', credentials: {}, origins: [PAGE], access: { mode: 'open' } },
    ...{ model: 'embedded/script', capabilities: ['provider:llm:call:embedded/*'] },
    ...change,
  };
  const { status, body } = await api.post('/v1/channels', order);
  expect([status, body.webhook]).toEqual([201, `/v1/web-chats/default/${name}`]);
}

async function open(sender: string, channel = 'shop'): Promise<TestPage> {
  const ticket = await issueTicket(api, channel, sender);
  const page = await openPage(gateway, { channel, ticket });
  pages.push(page);
  return page;
}

const ticketFor = (sender: string) => issueTicket(api, 'shop', sender);
const find = async (name: string) => (await api.get(`/v1/channels/${name}`)).body;
const answered = (page: TestPage, ...texts: string[]) =>
  eventually(() => expect(page.replies()).toEqual(texts));

describe('a message', () => {
  test('is taken, has one turn and one reply, however often it is sent', async () => {
    const page = await open('ann');
    page.send({ kind: 'resume' });
    for (let n = 0; n < 3; n++) page.send({ kind: 'message', id: 'm1', text: says('hello') });
    await answered(page, 'hello');
    await eventually(() =>
      expect(page.frames.filter(({ kind }) => kind === 'taken')).toHaveLength(3),
    );
    const { updates, replies } = await find('shop');
    expect(updates).toMatchObject([{ status: 'answered' }]);
    expect(replies).toMatchObject([{ status: 'sent', attempts: 1 }]);
    expect((await api.get(`/v1/sessions/${updates[0].sessionId}`)).body.turns).toBe(1);
    const [reply] = page.frames.filter(({ kind }) => kind === 'reply');
    expect(reply).toMatchObject({ inReplyTo: 'm1', index: 0, format: 'plain' });
  });

  test('of another visitor is his own, also under the same id', async () => {
    const [bob, eve] = [await open('bob'), await open('eve')];
    for (const page of [bob, eve]) page.send({ kind: 'resume' });
    await bob.say('same', says('for bob'));
    await eve.say('same', says('for eve'));
    await answered(bob, 'for bob');
    await answered(eve, 'for eve');
  });
});

describe('a page that was away', () => {
  test('gets from its cursor on what it has missed, in order and once', async () => {
    const first = await open('kim');
    first.send({ kind: 'resume' });
    await first.say('k1', says('one'));
    const { cursor } = await first.until(({ kind }) => kind === 'reply');
    first.close();
    await first.closed;
    const silent = await open('kim');
    await silent.say('k2', says('two'));
    await silent.say('k3', says('three'));
    await eventually(async () => {
      const { replies } = await find('shop');
      const sent = replies.filter(({ updateId }: { updateId: string }) =>
        /\/k[23]$/.test(updateId),
      );
      expect(sent.map(({ status }: { status: string }) => status)).toEqual(['sent', 'sent']);
    });
    expect(silent.replies()).toEqual([]);
    const back = await open('kim');
    const ready = await back.until(({ kind }) => kind === 'ready');
    expect(ready.cursor).toBeGreaterThan(cursor);
    back.send({ kind: 'resume', after: cursor });
    await answered(back, 'two', 'three');
    back.send({ kind: 'resume', after: 0 });
    await answered(back, 'two', 'three', 'one', 'two', 'three');
  });

  test('for long goes on with another ticket: no socket is pushed more than it could hold', async () => {
    const order = { chat: 'deaf', text: 'x'.repeat(65_536) };
    const said = await Promise.all(
      Array.from({ length: 20 }, () => api.post('/v1/channels/other/messages', order)),
    );
    expect(new Set(said.map(({ status }) => status))).toEqual(new Set([202]));
    await eventually(async () => {
      const { replies } = await find('other');
      expect(replies.filter(({ status }: { status: string }) => status !== 'sent')).toEqual([]);
    });
    const first = await open('deaf', 'other');
    for (let n = 0; n < 20; n++) first.send({ kind: 'resume', after: 0 });
    expect(await first.closed).toBe(4_001);
    const heard = first.replies().length;
    expect(heard).toBe(64);
    const cursor = first.frames.findLast(({ kind }) => kind === 'reply')?.cursor;
    const second = await open('deaf', 'other');
    second.send({ kind: 'resume', after: cursor });
    await eventually(() => expect(second.replies()).toHaveLength(80 - heard));
    second.send({ kind: 'resume', after: 0 });
    expect(await second.closed).toBe(4_001);
  });

  test('because the gateway was killed finds its message taken, and the reply', async () => {
    const used = { channel: 'shop', ticket: await ticketFor('lee') };
    expect(await knock(gateway, used)).toBe(101);
    const page = await open('lee');
    expect(await page.say('l1', says('still here'))).toMatchObject({ kind: 'taken' });
    await gateway.kill();
    await page.closed;
    await gateway.restart();
    expect(await knock(gateway, used)).toBe(401);
    const back = await open('lee');
    back.send({ kind: 'resume', after: 0 });
    expect(await back.say('l1', says('still here'))).toMatchObject({ kind: 'taken' });
    await answered(back, 'still here');
    const { updates } = await find('shop');
    const mine = updates.filter(({ updateId }: { updateId: string }) => updateId.endsWith('/l1'));
    expect(mine).toHaveLength(1);
  });

  test('hears of a reply on all that it has open', async () => {
    const [one, two] = [await open('duo'), await open('duo')];
    for (const page of [one, two]) page.send({ kind: 'resume' });
    await one.say('d1', says('both'));
    await answered(one, 'both');
    await answered(two, 'both');
  });
});

describe('who may talk', () => {
  test('is decided as on every channel, and said to the page', async () => {
    await create('asks', { access: { mode: 'pair-on-request' } });
    const page = await open('stranger', 'asks');
    page.send({ kind: 'resume' });
    const refused = { kind: 'refused', code: 'not_paired' };
    expect(await page.say('s1', says('hi'))).toMatchObject(refused);
    await eventually(() => expect(page.replies()[0]).toMatch(/was noted/));
    const [{ id }] = (await find('asks')).pairings;
    const decided = await api.post(`/v1/channels/asks/pairings/${id}`, { decision: 'approve' });
    expect(decided.status).toBe(200);
    expect(await page.say('s2', says('let in'))).toMatchObject({ kind: 'taken' });
    await eventually(() => expect(page.replies()).toHaveLength(2));
  });

  test('and how often: beyond it a message is refused, and leaves nothing on disk', async () => {
    await create('slow', { senderRate: { calls: 1, periodMs: 3_600_000 } });
    const page = await open('fast', 'slow');
    expect(await page.say('f1', says('one'))).toMatchObject({ kind: 'taken' });
    const refused = await page.say('f2', says('two'));
    expect(refused).toMatchObject({ kind: 'refused', code: 'rate_limited' });
    expect(refused.retryAfterMs).toBeGreaterThan(3_000_000);
    expect(refused.retryAfterMs).toBeLessThanOrEqual(3_600_000);
    expect((await find('slow')).updates).toHaveLength(1);
  });

  test('a channel that is deleted closes what is open', async () => {
    await create('short');
    const page = await open('ann', 'short');
    expect((await api.delete('/v1/channels/short')).status).toBe(204);
    expect(await page.closed).toBe(4_000);
  });
});

describe('a web chat', () => {
  test('opens for the pages that it names, and for no other or none', async () => {
    const ticket = await ticketFor('ann');
    const from = (origin: string | undefined) =>
      knock(gateway, { channel: 'shop', ticket, origin });
    const origins = ['https://evil.example', `${PAGE}.evil.example`, 'null', undefined];
    for (const origin of [...origins, gateway.url])
      expect([origin, await from(origin)]).toEqual([origin, 403]);
    expect(await from(PAGE)).toBe(101);
    // Who has no ticket does not learn which channels there are.
    const origin = 'https://evil.example';
    for (const channel of ['shop', 'nobody']) {
      expect(await knock(gateway, { channel, ticket: '', origin })).toBe(401);
    }
  });

  test('opens once for a ticket', async () => {
    const ticket = await ticketFor('ann');
    const visit = { channel: 'shop', ticket };
    const both = await Promise.all([knock(gateway, visit), knock(gateway, visit)]);
    expect(both.sort()).toEqual([101, 401]);
  });

  test('opens for no ticket of another channel or workspace, and none that was changed', async () => {
    const ticket = await ticketFor('ann');
    const [claims = '', signature = ''] = ticket.split('.');
    const said = JSON.parse(Buffer.from(claims, 'base64url').toString());
    const write = (change: object) =>
      `${Buffer.from(JSON.stringify({ ...said, ...change })).toString('base64url')}.${signature}`;
    const statuses = [
      await knock(gateway, { channel: 'other', ticket }),
      await knock(gateway, { channel: 'shop', ticket, workspace: 'elsewhere' }),
      await knock(gateway, { channel: 'nobody', ticket }),
      await knock(gateway, { channel: 'shop', ticket: write({ sender: 'root' }) }),
      await knock(gateway, { channel: 'shop', ticket: write({ endsAt: said.endsAt + 60_000 }) }),
      await knock(gateway, { channel: 'shop', ticket: `${ticket}.` }),
      await knock(gateway, { channel: 'shop', ticket: gateway.token }),
      await knock(gateway, { channel: 'shop', ticket: '' }),
    ];
    expect(new Set(statuses)).toEqual(new Set([401]));
    expect(await knock(gateway, { channel: 'shop', ticket })).toBe(101);
    expect(gateway.log()).not.toContain(ticket);
  });

  test('lets nobody name a visitor who may not speak on the channel', async () => {
    const issued = await api.post('/v1/tokens', {
      subject: { kind: 'user', id: 'half' },
      grants: ['channel:receive:shop', 'channel:manage:shop', 'channel:send:other'],
    });
    const half = callApi(gateway, issued.body.token);
    expect((await half.post('/v1/channels/shop/tickets', { sender: 'ann' })).status).toBe(403);
    expect((await api.post('/v1/channels/nobody/tickets', { sender: 'ann' })).status).toBe(404);
  });

  test('lends nothing to a token that was narrowed to one tool', async () => {
    await create('asking', { access: { mode: 'pair-on-request' } });
    const page = await open('accomplice', 'asking');
    await page.say('a1', says('hi'));
    const [pairing] = (await find('asking')).pairings;
    const subject = { kind: 'user', id: 'operator' };
    const grants = ['channel:*', 'tool:call:*', 'session:*'];
    const { token } = (await api.post('/v1/tokens', { subject, grants })).body;
    const narrowed = await attenuate(token, [{ kind: 'tool', name: 'text-stats' }]);
    const holder = callApi(gateway, narrowed);
    const decision = { decision: 'approve' };
    const attempts = [
      await holder.post(`/v1/channels/asking/pairings/${pairing.id}`, decision),
      await holder.post('/v1/channels/asking/codes'),
      await holder.post('/v1/channels/shop/tickets', { sender: 'ann' }),
      await holder.delete('/v1/channels/asking'),
    ];
    expect(attempts.map(({ status }) => status)).toEqual([403, 403, 403, 403]);
    expect((await find('asking')).pairings).toMatchObject([{ state: 'pending' }]);
  });

  test('closes on what it does not speak, and on a flood', async () => {
    const closing = async (...frames: (object | string | Uint8Array<ArrayBuffer>)[]) => {
      const page = await openPage(gateway, { channel: 'shop', ticket: await ticketFor('mallory') });
      for (const frame of frames) page.send(frame);
      return page.closed;
    };
    const message = { kind: 'message', id: 'x', text: 'hi' };
    expect(await closing('{')).toBe(1_007);
    expect(await closing(new Uint8Array([1]))).toBe(1_003);
    expect(await closing({ ...message, id: '../x' })).toBe(1_008);
    expect(await closing({ ...message, sender: 'ann' })).toBe(1_008);
    expect(await closing({ ...message, text: 'x'.repeat(16_385) })).toBe(1_008);
    expect(await closing(JSON.stringify({ ...message, text: 'x'.repeat(100_000) }))).toBe(1_009);
    expect(await closing(...Array.from({ length: 61 }, () => ({ kind: 'resume' })))).toBe(4_029);
  });

  test('has so many sockets for a visitor, and no more', async () => {
    const open = async () =>
      openPage(gateway, { channel: 'shop', ticket: await ticketFor('many') });
    const pages = await Promise.all(Array.from({ length: 8 }, open));
    const visit = { channel: 'shop', ticket: await ticketFor('many') };
    expect(await knock(gateway, visit)).toBe(429);
    for (const page of pages) page.close();
    await Promise.all(pages.map(({ closed }) => closed));
    await eventually(async () => expect(await knock(gateway, visit)).toBe(101));
  });
});

/**
 * Abuse of blocks: acting as somebody else's, giving what one does not have, and pushing past limits.
 */

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Api, callApi } from '../support/api.ts';
import { type Gateway, startGateway } from '../support/gateway.ts';

let gateway: Gateway;
let api: Api;

beforeAll(async () => {
  gateway = await startGateway({ examples: false });
  api = callApi(gateway);
});

afterAll(() => gateway?.dispose());

const mailbox = { kind: 'mailbox' };
const BASIC = ['CAP_SEND', 'CAP_RECEIVE', 'CAP_LINK', 'CAP_MONITOR', 'CAP_SPAWN'];

async function spawn(by: Api, body: object = {}): Promise<string> {
  const answer = await by.post('/v1/blocks', { behavior: mailbox, capabilities: BASIC, ...body });
  expect(answer.status).toBe(201);
  return answer.body.id;
}

/** Somebody else, with these grants. */
async function someone(id: string, grants: readonly string[]): Promise<Api & { tokenId: string }> {
  const subject = { kind: 'service', id };
  const issued = await api.post('/v1/tokens', { subject, grants });
  expect(issued.status).toBe(201);
  return { ...callApi(gateway, issued.body.token), tokenId: issued.body.id };
}

const state = async (id: string) => (await api.get(`/v1/blocks/${id}`)).body.state;
const as = (id: string) => ({ 'Sallyport-Block': id });

describe('acting as a block', () => {
  test('nobody acts as the block of another, and the block does not suffer for it', async () => {
    const victim = await spawn(api);
    const target = await spawn(api);
    const thief = await someone('thief', [
      'block:send',
      'block:receive',
      'block:exit',
      'block:link',
    ]);
    const attempts = [
      await thief.post(`/v1/blocks/${target}/messages`, { body: 1 }, as(victim)),
      await thief.post(`/v1/blocks/${victim}/receive`, {}),
      await thief.post(`/v1/blocks/${victim}/ack`, { leases: ['lease_1'] }),
      await thief.post(`/v1/blocks/${victim}/reply`, { lease: 'lease_1', body: 1 }),
      await thief.post(`/v1/blocks/${victim}/exit`, { reason: 'kill' }),
      await thief.delete(`/v1/blocks/${victim}`),
      await thief.put(`/v1/blocks/${victim}/links/${target}`, undefined),
    ];
    expect(attempts.map(({ status }) => status)).toEqual(attempts.map(() => 403));
    expect(await state(victim)).toBe('running');
  });

  test('nobody reads what another’s block was sent, by flooding it until that makes room', async () => {
    const limits = { messages: 1, overflow: 'drop-old' };
    const victim = await spawn(api, { limits });
    await api.post(`/v1/blocks/${victim}/messages`, { body: 'for the owner' });
    const thief = await someone('reader', ['block:send', 'block:read', 'block:receive']);
    await thief.post(`/v1/blocks/${victim}/messages`, { body: 'away with it' });
    const letters = (by: Api) => by.get(`/v1/blocks/${victim}/dead-letters`);
    const refused = await letters(thief);
    expect([refused.status, JSON.stringify(refused.body)]).toEqual([
      403,
      expect.not.stringContaining('for the owner'),
    ]);
    expect((await letters(api)).body.deadLetters).toMatchObject([{ body: 'for the owner' }]);
  });

  test('who lets somebody act as one block alone has not let him take another', async () => {
    const [wide, narrow] = [await spawn(api), await spawn(api, { capabilities: ['CAP_SPAWN'] })];
    const child = { behavior: mailbox, capabilities: ['CAP_SEND'], parent: wide };
    const refused = await api.post('/v1/blocks', child, as(narrow));
    expect([refused.status, refused.body.errors]).toEqual([
      422,
      [expect.objectContaining({ pointer: '/parent' })],
    ]);
    const forged = as(`blk_${'f'.repeat(44)}`);
    expect((await api.post('/v1/blocks', child, forged)).status).toBe(404);
    expect((await api.post('/v1/blocks', child, as(wide))).status).toBe(201);
  });

  test('a sender cannot be named in the body', async () => {
    const id = await spawn(api);
    const forged = await api.post(`/v1/blocks/${id}/messages`, { body: 1, from: 'user:root' });
    expect(forged.status).toBe(422);
  });

  test.each(['', 'blk_1', `blk_${'f'.repeat(44)}`])(
    'the header %j names nobody',
    async (header) => {
      const id = await spawn(api);
      const sent = await api.post(`/v1/blocks/${id}/messages`, { body: 1 }, as(header));
      expect([sent.status, sent.body.code]).toEqual([404, 'noproc']);
    },
  );
});

describe('giving', () => {
  test('nobody gives a block what he does not hold', async () => {
    const poor = await someone('poor', ['block:spawn', 'block:send']);
    const denied = await poor.post('/v1/blocks', { behavior: mailbox, capabilities: ['CAP_HTTP'] });
    expect([denied.status, denied.body.reason]).toEqual([403, 'principal_grant_missing']);
    const given = await poor.post('/v1/blocks', { behavior: mailbox, capabilities: ['CAP_SEND'] });
    expect(given.status).toBe(201);
  });

  test.each([
    'system:admin',
    'system:token:issue',
    'system:approval:decide',
    'CAP_ALL',
    'a::b',
    '*',
  ])('no block is given %s', async (capability) => {
    const body = { behavior: mailbox, capabilities: [capability] };
    expect((await api.post('/v1/blocks', body)).status).toBe(422);
  });

  test('what its creator lost is lost to the block at its next step', async () => {
    const giver = await someone('giver', ['block:spawn', 'block:send', 'block:receive']);
    const block = await spawn(giver, { capabilities: ['CAP_SEND', 'CAP_RECEIVE'] });
    const target = await spawn(api);
    expect((await api.post(`/v1/blocks/${target}/messages`, { body: 1 }, as(block))).status).toBe(
      202,
    );
    await api.delete(`/v1/tokens/${giver.tokenId}`);
    expect((await api.post(`/v1/blocks/${target}/messages`, { body: 2 }, as(block))).status).toBe(
      403,
    );
    expect((await api.get(`/v1/blocks/${block}`)).body.exitReason).toMatchObject({
      crash: 'capability',
    });
  });
});

describe('limits, on both sides', () => {
  test('generations', async () => {
    const parent = await spawn(api, { limits: { depth: 1 } });
    const child = (await api.post('/v1/blocks', { behavior: mailbox, parent, capabilities: BASIC }))
      .body.id;
    await expect.poll(() => state(child)).toBe('running');
    const grandchild = await api.post('/v1/blocks', { behavior: mailbox, parent: child });
    expect([grandchild.status, grandchild.body.code]).toEqual([429, 'limit_reached']);
  });

  test('children', async () => {
    const parent = await spawn(api, { limits: { children: 1 } });
    expect((await api.post('/v1/blocks', { behavior: mailbox, parent })).status).toBe(201);
    expect((await api.post('/v1/blocks', { behavior: mailbox, parent })).status).toBe(429);
  });

  test('relations', async () => {
    const id = await spawn(api, { limits: { relations: 1 } });
    const monitor = async () =>
      (await api.post(`/v1/blocks/${id}/monitors`, { target: await spawn(api) })).status;
    expect([await monitor(), await monitor()]).toEqual([201, 429]);
  });

  test('timers', async () => {
    const id = await spawn(api, { limits: { timers: 1 } });
    const set = async () => (await api.post(`/v1/blocks/${id}/timers`, { afterMs: 60_000 })).status;
    expect([await set(), await set()]).toEqual([201, 429]);
  });

  test('bytes of a mailbox', async () => {
    const id = await spawn(api, { limits: { bytes: 10 } });
    const send = async (body: string) =>
      (await api.post(`/v1/blocks/${id}/messages`, { body })).status;
    // Two of ten bytes are quotes.
    expect([await send('12345678'), await send('')]).toEqual([202, 429]);
    expect(await send('123456789')).toBe(429);
  });

  test('nesting of a pattern, and what is no pattern', async () => {
    const id = await spawn(api);
    const nested = (depth: number): unknown => (depth === 0 ? 1 : [nested(depth - 1)]);
    const receive = async (match: unknown) =>
      (await api.post(`/v1/blocks/${id}/receive`, { match })).status;
    expect([await receive(nested(16)), await receive(nested(17))]).toEqual([200, 422]);
  });

  test.each([
    { timeoutMs: 60_001 },
    { timeoutMs: -1 },
    { max: 0 },
    { max: 101 },
    { leaseMs: 99 },
    { leaseMs: 3_600_001 },
  ])('%j is no way to receive', async (query) => {
    const id = await spawn(api);
    expect((await api.post(`/v1/blocks/${id}/receive`, query)).status).toBe(422);
  });

  test.each(['killed', 'noproc', 'timeout', { crash: '' }, { crash: 'x'.repeat(257) }, { a: 1 }])(
    'nobody ends a block with %j',
    async (reason) => {
      const id = await spawn(api);
      expect((await api.post(`/v1/blocks/${id}/exit`, { reason })).status).toBe(422);
      expect(await state(id)).toBe('running');
    },
  );
});

test('a flood of messages stops at the limit, and nothing that was accepted is lost', async () => {
  const id = await spawn(api, { limits: { messages: 20 } });
  const answers = await Promise.all(
    Array.from({ length: 100 }, (_, n) => api.post(`/v1/blocks/${id}/messages`, { body: n })),
  );
  const accepted = answers.filter(({ status }) => status === 202);
  expect(accepted).toHaveLength(20);
  const { messages } = (await api.post(`/v1/blocks/${id}/receive`, { max: 100 })).body;
  expect(messages).toHaveLength(20);
});

test('what crashed of a capability is on the record, without what it tried to send', async () => {
  const id = await spawn(api, { capabilities: [] });
  const target = await spawn(api);
  await api.post(`/v1/blocks/${target}/messages`, { body: 'top secret words' }, as(id));
  await expect
    .poll(async () => (await api.get('/v1/audit?action=block-denied&limit=200')).body.records)
    .toContainEqual(
      expect.objectContaining({
        event: expect.objectContaining({ actor: `block:${id}`, resource: 'block:send' }),
      }),
    );
  const log = JSON.stringify((await api.get('/v1/audit?limit=200')).body) + gateway.log();
  expect(log).not.toContain('top secret words');
});

describe('having more than was given', () => {
  const agent = { kind: 'agent', model: 'openai/gpt' };
  const plugin = { kind: 'plugin', plugin: 'theirs', entry: 'theirs' };

  test('nobody upgrades or narrows the block of another, and the block does not suffer', async () => {
    const victim = await spawn(api);
    const thief = await someone('upgrader', ['block:spawn', 'block:send']);
    const attempts = [
      await thief.post(`/v1/blocks/${victim}/upgrade`, { behavior: plugin }),
      await thief.put(`/v1/blocks/${victim}/capabilities`, { capabilities: [] }),
    ];
    expect(attempts.map(({ status }) => status)).toEqual([403, 403]);
    expect(await state(victim)).toBe('running');
  });

  test('a block gets no behaviour that needs what it, or whoever made it, does not hold', async () => {
    const owner = await someone('plain', ['block:spawn', 'block:send', 'block:receive']);
    const id = await spawn(owner, { capabilities: ['CAP_SEND'] });
    for (const behavior of [agent, plugin]) {
      const refused = await owner.post(`/v1/blocks/${id}/upgrade`, { behavior });
      expect([refused.status, refused.body.code]).toEqual([403, 'denied']);
    }
    const mine = await spawn(api, { capabilities: ['CAP_SEND'] });
    expect((await api.post(`/v1/blocks/${mine}/upgrade`, { behavior: agent })).status).toBe(403);
    expect([await state(id), await state(mine)]).toEqual(['running', 'running']);
  });

  test('a block that acts cannot widen itself, or be spawned from with more', async () => {
    const id = await spawn(api, { capabilities: ['CAP_SPAWN', 'CAP_SEND'] });
    await api.put(`/v1/blocks/${id}/capabilities`, { capabilities: ['CAP_SPAWN'] });
    const asked = { behavior: mailbox, capabilities: ['CAP_SEND'] };
    const answers = [
      await api.post('/v1/blocks', asked, as(id)),
      await api.put(`/v1/blocks/${id}/capabilities`, { capabilities: ['CAP_SEND'] }),
      await api.put(`/v1/blocks/${id}/capabilities`, { capabilities: ['block:*'] }),
    ];
    expect(answers.map(({ status }) => status)).toEqual([403, 403, 403]);
  });

  test.each([
    [['system:admin']],
    [['no:such:capability']],
    [[{ capability: 'CAP_SEND' }]],
    [[{ capability: 'CAP_SEND', expiresAt: 'never' }]],
    ['CAP_SEND'],
  ])('capabilities %j are no capabilities', async (capabilities) => {
    const id = await spawn(api);
    const refused = await api.put(`/v1/blocks/${id}/capabilities`, { capabilities });
    expect(refused.status).toBe(422);
  });
});

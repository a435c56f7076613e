/**
 * A block goes by what it was told of its creator's authority for a few seconds. Whatever is taken
 * away is felt by its very next step nevertheless, also when the gateway was killed in between.
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
const GRANTS = ['block:spawn', 'block:send', 'block:receive'];
const CAPABILITIES = ['CAP_SEND', 'CAP_RECEIVE'];

let people = 0;

interface Person extends Api {
  readonly tokenId: string;
}

async function someone(): Promise<Person> {
  const subject = { kind: 'service', id: `someone-${people++}` };
  const issued = await api.post('/v1/tokens', { subject, grants: GRANTS });
  return { ...callApi(gateway, issued.body.token), tokenId: issued.body.id };
}

async function spawn(by: Api): Promise<string> {
  const born = await by.post('/v1/blocks', { behavior: mailbox, capabilities: CAPABILITIES });
  expect(born.status).toBe(201);
  return born.body.id;
}

/** The root acts as the block: what its creator may do is all that is in question. */
const say = (from: string, to: string) =>
  api.post(`/v1/blocks/${to}/messages`, { body: 1 }, { 'Sallyport-Block': from });

const exitReason = async (id: string) => (await api.get(`/v1/blocks/${id}`)).body.exitReason;

async function denySending(isDenied: boolean): Promise<void> {
  const path = '/v1/workspaces/default';
  const { policy } = (await api.get(path)).body;
  const deny = isDenied ? [...policy.deny, 'block:send'] : [];
  expect((await api.put(path, { policy: { ...policy, deny } })).status).toBe(200);
}

async function many(count: number, by: Api): Promise<readonly string[]> {
  return await Promise.all(Array.from({ length: count }, () => spawn(by)));
}

describe.each(['while it runs', 'right after the gateway was killed'])('%s', (when) => {
  const perhapsRestart = async () => {
    if (when !== 'while it runs') await gateway.restart();
  };

  test('a revoked token ends what its blocks may do', async () => {
    const giver = await someone();
    const target = await spawn(api);
    const blocks = await many(20, giver);
    const before = await Promise.all(blocks.map((id) => say(id, target)));
    expect(before.map(({ status }) => status)).toEqual(blocks.map(() => 202));
    await perhapsRestart();
    expect((await api.delete(`/v1/tokens/${giver.tokenId}`)).status).toBe(204);
    const after = await Promise.all(blocks.map((id) => say(id, target)));
    expect(after.map(({ status }) => status)).toEqual(blocks.map(() => 403));
    for (const id of blocks) expect(await exitReason(id)).toMatchObject({ crash: 'capability' });
  });

  test('a policy that forbids it does, too', async () => {
    const giver = await someone();
    const [first = '', second = ''] = await many(2, giver);
    const target = await spawn(api);
    expect((await say(first, target)).status).toBe(202);
    await perhapsRestart();
    await denySending(true);
    expect((await say(first, target)).status).toBe(403);
    await denySending(false);
    expect((await say(second, target)).status).toBe(202);
  });
});

test('blocks that act while tokens are revoked never act after', async () => {
  const target = await spawn(api);
  for (let round = 0; round < 10; round++) {
    const giver = await someone();
    const blocks = await many(5, giver);
    let isRevoked = false;
    const sentAfter: number[] = [];
    const acting = blocks.map(async (id) => {
      for (;;) {
        const wasRevoked = isRevoked;
        const { status } = await say(id, target);
        if (wasRevoked) sentAfter.push(status);
        if (status !== 202) return;
        await api.post(`/v1/blocks/${target}/receive`, { max: 100 });
      }
    });
    await new Promise((resolve) => setTimeout(resolve, 20));
    await api.delete(`/v1/tokens/${giver.tokenId}`);
    isRevoked = true;
    await Promise.all(acting);
    expect(sentAfter.filter((status) => status === 202)).toEqual([]);
  }
});

test('who waits for messages gets none that come after his token was revoked', async () => {
  const block = await spawn(api);
  const path = `/v1/blocks/${block}/receive`;
  // Nobody can see that he waits: one who is revoked before he does is refused at the door.
  for (let pauseMs = 50, status = 401; status === 401; pauseMs *= 2) {
    const subject = { kind: 'service', id: `waiting-${people++}` };
    const grants = [...GRANTS, 'block:own'];
    const { body } = await api.post('/v1/tokens', { subject, grants });
    const received = callApi(gateway, body.token).post(path, { timeoutMs: 60_000 });
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
    expect((await api.delete(`/v1/tokens/${body.id}`)).status).toBe(204);
    const sent = await api.post(`/v1/blocks/${block}/messages`, { body: 'for others' });
    expect(sent.status).toBe(202);
    ({ status } = await received);
    expect([401, 403]).toContain(status);
    const { messages } = (await api.post(path, {})).body;
    expect(messages).toMatchObject([{ body: 'for others', attempts: 0 }]);
    await api.post(`/v1/blocks/${block}/ack`, { leases: [messages[0].lease] });
  }
});

test.each([
  ['as himself', false],
  ['as a block', true],
])('who waits %s for an answer gets none after his token was revoked', async (_, actsAsBlock) => {
  const block = await spawn(api);
  const subject = { kind: 'service', id: `calling-${people++}` };
  const grants = [...GRANTS, 'block:own'];
  const { body: token } = await api.post('/v1/tokens', { subject, grants });
  const headers: Record<string, string> = actsAsBlock
    ? { 'Sallyport-Block': await spawn(api) }
    : {};
  const path = `/v1/blocks/${block}`;
  const called = callApi(gateway, token.token).post(
    `${path}/call`,
    { body: 'how', timeoutMs: 60_000 },
    headers,
  );
  const [message] = (await api.post(`${path}/receive`, { timeoutMs: 60_000 })).body.messages;
  expect((await api.delete(`/v1/tokens/${token.id}`)).status).toBe(204);
  const { status } = await api.post(`${path}/reply`, { lease: message.lease, body: 'a secret' });
  expect(status).toBe(202);
  const answer = await called;
  expect(answer.status).toBe(403);
  expect(JSON.stringify(answer.body)).not.toContain('a secret');
});

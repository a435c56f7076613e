/**
 * Consumers over WebSockets, against a started gateway: what is pushed, acknowledged, and comes again;
 * whom a socket is refused, and when it is closed.
 */

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Api, callApi } from '../support/api.ts';
import { connectConsumer, type TestConsumer } from '../support/consumer.ts';
import { type Gateway, startGateway } from '../support/gateway.ts';

let gateway: Gateway;
let api: Api;

beforeAll(async () => {
  gateway = await startGateway({ examples: false });
  api = callApi(gateway);
});

afterAll(() => gateway?.dispose());

async function spawn(body: object = {}, by: Api = api): Promise<string> {
  const behavior = { kind: 'mailbox' };
  const capabilities = ['CAP_SEND', 'CAP_RECEIVE'];
  const answer = await by.post('/v1/blocks', { behavior, capabilities, ...body });
  expect(answer.status).toBe(201);
  return answer.body.id;
}

const connect = (id: string, query = '') => connectConsumer(gateway, id, { query });
const send = (id: string, body: unknown, from?: string) =>
  api.post(`/v1/blocks/${id}/messages`, { body }, from ? { 'Sallyport-Block': from } : {});
const read = async (id: string) => (await api.get(`/v1/blocks/${id}`)).body;

async function takeMessages(consumer: TestConsumer, count: number) {
  return (await consumer.take(count)).map(({ message }) => message);
}

async function someone(...more: string[]): Promise<Api & { readonly tokenId: string }> {
  const subject = { kind: 'service', id: `someone-${Math.random().toString(36).slice(2)}` };
  const grants = ['block:spawn', 'block:send', 'block:receive', ...more];
  const issued = await api.post('/v1/tokens', { subject, grants });
  return { ...callApi(gateway, issued.body.token), tokenId: issued.body.id };
}

describe('messages', () => {
  test('what was there and what comes is pushed in order, and gone once acknowledged', async () => {
    const id = await spawn();
    await send(id, 1);
    const consumer = await connect(id);
    const [first] = await takeMessages(consumer, 1);
    expect(first).toMatchObject({ body: 1, seq: 1, attempts: 0, lease: expect.any(String) });
    consumer.ack(first.lease);
    expect(await consumer.take(1)).toEqual([
      { kind: 'acknowledged', leases: [first.lease], over: [] },
    ]);
    await send(id, 2);
    const [second] = await takeMessages(consumer, 1);
    expect(second.body).toBe(2);
    consumer.ack(second.lease, first.lease);
    const answer = { kind: 'acknowledged', leases: [second.lease], over: [first.lease] };
    expect(await consumer.take(1)).toEqual([answer]);
    expect((await read(id)).mailbox).toMatchObject({ depth: 0, accepted: 2 });
    consumer.close();
  });

  test('no more are under way than the window, and a leased one holds up its sender alone', async () => {
    const id = await spawn();
    const [a, b] = [await spawn(), await spawn()];
    for (const body of ['a1', 'a2', 'a3']) await send(id, body, a);
    const consumer = await connect(id, '?window=2');
    const [first, second] = await takeMessages(consumer, 2);
    expect([first.body, second.body]).toEqual(['a1', 'a2']);
    await send(id, 'b1', b);
    consumer.ack(first.lease);
    const [, { message: third }] = (await consumer.take(2)) as [
      unknown,
      { message: { body: string } },
    ];
    expect(third.body).toBe('b1');
    consumer.ack(second.lease);
    const [, { message: fourth }] = (await consumer.take(2)) as [
      unknown,
      { message: { body: string } },
    ];
    expect(fourth.body).toBe('a3');
    expect((await read(id)).mailbox.depth).toBe(2);
    consumer.close();
  });

  test('what is not acknowledged in time comes again, and its old lease is over', async () => {
    const id = await spawn();
    const consumer = await connect(id, '?leaseMs=300');
    await send(id, 'again');
    const [first, second] = await takeMessages(consumer, 2);
    expect(second).toMatchObject({ body: 'again', seq: first.seq });
    expect(second.lease).not.toBe(first.lease);
    consumer.ack(first.lease);
    expect(await consumer.take(1)).toMatchObject([{ leases: [], over: [first.lease] }]);
    expect((await read(id)).mailbox.depth).toBe(1);
    consumer.close();
  });

  test('what a lost consumer held goes to another at once', async () => {
    const id = await spawn();
    const leaving = await connect(id, '?leaseMs=3600000');
    await send(id, 'mine');
    await leaving.take(1);
    const staying = await connect(id);
    leaving.close();
    expect((await takeMessages(staying, 1))[0].body).toBe('mine');
    staying.close();
  });

  test('what an unfinished consumer held survives the process, and comes after its lease', async () => {
    const id = await spawn();
    const before = await connect(id, '?leaseMs=1000');
    await send(id, 'kept');
    await before.take(1);
    await gateway.restart();
    expect((await before.closed).code).toBe(1006);
    const after = await connect(id);
    expect((await takeMessages(after, 1))[0].body).toBe('kept');
    after.close();
  });

  test('calls are answered over it, once', async () => {
    const id = await spawn();
    const consumer = await connect(id);
    const called = api.post(`/v1/blocks/${id}/call`, { body: 'how' });
    const [{ lease, correlationId }] = await takeMessages(consumer, 1);
    expect(correlationId).toEqual(expect.any(String));
    consumer.send({ kind: 'reply', lease, body: 'é'.repeat(600_000) });
    expect(await consumer.take(1)).toMatchObject([{ kind: 'refused', code: 'payload_too_large' }]);
    consumer.send({ kind: 'reply', lease, body: 'so' });
    expect(await consumer.take(1)).toEqual([{ kind: 'replied', lease }]);
    expect((await called).body.body).toBe('so');
    consumer.send({ kind: 'reply', lease, body: 'again' });
    expect(await consumer.take(1)).toMatchObject([{ kind: 'refused', lease, code: 'conflict' }]);
    consumer.close();
  });

  test('bytes come as base64, and signals as messages', async () => {
    const id = await spawn({ capabilities: ['CAP_RECEIVE', 'CAP_MONITOR'] });
    const consumer = await connect(id);
    await api.post(`/v1/blocks/${id}/messages`, { bytes: 'AP8=' });
    expect((await takeMessages(consumer, 1))[0].bytes).toBe('AP8=');
    const target = await spawn();
    const { ref } = (await api.post(`/v1/blocks/${id}/monitors`, { target })).body;
    await api.post(`/v1/blocks/${target}/exit`, { reason: 'shutdown' });
    expect((await takeMessages(consumer, 1))[0]).toMatchObject({
      signal: true,
      body: { type: 'down', from: target, ref, reason: 'shutdown' },
    });
    consumer.close();
  });
});

describe('who may connect', () => {
  test.each([
    ['without a token', { token: 'none' }],
    ['from a page of another origin', { headers: { Origin: 'https://elsewhere.example' } }],
    ['with a window of none', { query: '?window=0' }],
    ['with a window that is too wide', { query: '?window=101' }],
    ['with an unknown term', { query: '?credit=1' }],
  ])('nobody %s', async (_, options) => {
    const id = await spawn();
    await expect(connectConsumer(gateway, id, options)).rejects.toThrow();
    expect((await read(id)).state).toBe('running');
  });

  test('a request that does not ask for an upgrade is refused', async () => {
    const answer = await api.get(`/v1/blocks/${await spawn()}/connect`);
    expect([answer.status, answer.body.code]).toEqual([400, 'bad_request']);
  });

  test('a stranger is refused, and the block does not suffer', async () => {
    const id = await spawn();
    const stranger = await someone();
    await expect(connectConsumer(gateway, id, { token: stranger.token })).rejects.toThrow();
    expect((await read(id)).state).toBe('running');
  });

  test('a block without the capability ends of it', async () => {
    const id = await spawn({ capabilities: ['CAP_SEND'] });
    await expect(connect(id)).rejects.toThrow();
    expect((await read(id)).exitReason).toEqual({
      crash: 'capability',
      capability: 'block:receive',
    });
  });

  test('sixteen at once, and no more', async () => {
    const id = await spawn();
    const consumers = await Promise.all(Array.from({ length: 16 }, () => connect(id)));
    await expect(connect(id)).rejects.toThrow();
    consumers[0]!.close();
    await consumers[0]!.closed;
    const another = await connect(id);
    for (const consumer of [...consumers, another]) consumer.close();
  });
});

describe('when it is closed', () => {
  test.each([
    ['bytes', new Uint8Array([1]), 1003],
    ['no JSON', '{', 1007],
    ['an unknown frame', { kind: 'grant' }, 1008],
    ['an unknown member', { kind: 'ack', leases: ['a'], more: 1 }, 1008],
    ['no leases', { kind: 'ack', leases: [] }, 1008],
    ['more than it reads', 'x'.repeat(1_500_000), 1009],
  ])('%s closes it, and loses no message', async (_, frame, code) => {
    const id = await spawn();
    const consumer = await connect(id, '?leaseMs=3600000');
    await send(id, 'safe');
    await consumer.take(1);
    consumer.send(frame);
    expect((await consumer.closed).code).toBe(code);
    const { messages } = (await api.post(`/v1/blocks/${id}/receive`, { timeoutMs: 5_000 })).body;
    expect(messages[0].body).toBe('safe');
  });

  test('the end of the block, with its reason', async () => {
    const id = await spawn();
    const consumer = await connect(id);
    await api.post(`/v1/blocks/${id}/exit`, { reason: 'shutdown' });
    expect(await consumer.closed).toEqual({ code: 4000, reason: 'shutdown' });
  });

  test('a revoked token of its consumer, with nothing pushed to it any more', async () => {
    const id = await spawn();
    const owner = await someone('block:own');
    const consumer = await connectConsumer(gateway, id, { token: owner.token });
    await send(id, 'before');
    await consumer.take(1);
    await api.delete(`/v1/tokens/${owner.tokenId}`);
    await send(id, 'after');
    expect((await consumer.closed).code).toBe(4003);
    expect(consumer.frames.length).toBe(1);
    expect((await read(id)).state).toBe('running');
  });

  test('a policy that forbids receiving', async () => {
    const id = await spawn();
    const consumer = await connect(id);
    const path = '/v1/workspaces/default';
    const { policy } = (await api.get(path)).body;
    await api.put(path, { policy: { ...policy, deny: [...policy.deny, 'block:receive'] } });
    await send(id, 'unheard');
    expect((await consumer.closed).code).toBe(4003);
    await api.put(path, { policy });
    expect(consumer.frames).toEqual([]);
  });
});

test('a heartbeat is answered', async () => {
  const consumer = await connect(await spawn());
  consumer.send('ping');
  await expect.poll(() => consumer.texts).toEqual(['pong', 'pong']);
  consumer.close();
});

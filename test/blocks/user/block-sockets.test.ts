import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test';
import { env, exports } from 'cloudflare:workers';
import { describe, expect, it } from 'vitest';
import { PUSH_TIMER } from '../../../src/blocks/user/block-sockets.ts';

const { BLOCKS, SALLYPORT_ROOT_TOKEN } = env as unknown as {
  readonly BLOCKS: DurableObjectNamespace;
  readonly SALLYPORT_ROOT_TOKEN: string;
};
const gateway = (exports as unknown as { readonly default: Fetcher }).default;
const headers = { Authorization: `Bearer ${SALLYPORT_ROOT_TOKEN}` };

async function post(path: string, body: object): Promise<{ readonly id: string }> {
  const answer = await gateway.fetch(`https://gateway.test/v1/blocks${path}`, {
    method: 'POST',
    headers: { ...headers, 'Content-Type': 'application/json' },
    body: JSON.stringify(body),
  });
  expect(answer.ok).toBe(true);
  return await answer.json();
}

const spawn = async () =>
  (await post('', { behavior: { kind: 'mailbox' }, capabilities: ['CAP_RECEIVE'] })).id;
const send = (id: string, body: unknown) => post(`/${id}/messages`, { body });
const stubOf = (id: string) => BLOCKS.getByName(`default/${id}`);

/** A consumer that keeps the bodies and leases of what is pushed to it. */
async function connect(id: string, query = '') {
  const answer = await gateway.fetch(`https://gateway.test/v1/blocks/${id}/connect${query}`, {
    headers: { ...headers, Upgrade: 'websocket' },
  });
  expect(answer.status).toBe(101);
  const socket = answer.webSocket!;
  const bodies: unknown[] = [];
  const leases: string[] = [];
  const texts: unknown[] = [];
  socket.addEventListener('message', ({ data }) => {
    if (!String(data).startsWith('{')) return void texts.push(data);
    const frame = JSON.parse(String(data));
    if (frame.kind !== 'message') return;
    bodies.push(frame.message.body);
    leases.push(frame.message.lease);
  });
  socket.accept();
  const ack = (lease: string) => socket.send(JSON.stringify({ kind: 'ack', leases: [lease] }));
  return { socket, bodies, leases, texts, ack };
}

/** Whether the object lives in memory, without waking it: only a marked instance is known. */
const mark = (id: string) =>
  runInDurableObject(stubOf(id), (instance) => {
    (instance as { mark?: true }).mark = true;
  });
const isMarked = (id: string) =>
  runInDurableObject(stubOf(id), (instance) => (instance as { mark?: true }).mark === true);

describe('WebSockets of a block that has left memory', () => {
  it('are pushed what comes, with the window that they had', async () => {
    const id = await spawn();
    const { socket, bodies, leases, ack } = await connect(id, '?window=2');
    await send(id, 1);
    await expect.poll(() => bodies).toEqual([1]);
    await mark(id);
    await evictDurableObject(stubOf(id));
    for (const body of [2, 3]) await send(id, body);
    expect(await isMarked(id)).toBe(false);
    ack(leases[0]!);
    await expect.poll(() => bodies).toEqual([1, 2, 3]);
    socket.close();
  });

  it('get again what was not acknowledged, by its alarm', async () => {
    const id = await spawn();
    const { socket, bodies } = await connect(id, '?leaseMs=100');
    await send(id, 'twice');
    await expect.poll(() => bodies).toEqual(['twice']);
    await evictDurableObject(stubOf(id));
    await expect
      .poll(async () => {
        await runDurableObjectAlarm(stubOf(id));
        // A slow machine may see its lease end more than once.
        return bodies.slice(0, 2);
      })
      .toEqual(['twice', 'twice']);
    socket.close();
  });

  it('give back what they held when they are closed', async () => {
    const id = await spawn();
    const leaving = await connect(id, '?leaseMs=3600000');
    await send(id, 'shared');
    await expect.poll(() => leaving.bodies).toEqual(['shared']);
    const staying = await connect(id);
    await evictDurableObject(stubOf(id));
    leaving.socket.close(1000);
    await expect.poll(() => staying.bodies).toEqual(['shared']);
    staying.socket.close();
  });
});

describe('an idle WebSocket', () => {
  it('is answered its heartbeats without the block', async () => {
    const id = await spawn();
    const { socket, texts } = await connect(id);
    let heard = 0;
    await runInDurableObject(stubOf(id), (instance) => {
      instance.webSocketMessage = () => void heard++;
    });
    socket.send('ping');
    await expect.poll(() => texts).toEqual(['pong']);
    expect(heard).toBe(0);
    socket.send('pong');
    await expect.poll(() => heard).toBe(1);
    socket.close();
  });

  it('sets no timer', async () => {
    const id = await spawn();
    const { socket } = await connect(id);
    const timers = await runInDurableObject(stubOf(id), (_, { storage }) =>
      storage.sql
        .exec("SELECT count(*) AS count FROM sqlite_master WHERE name = 'timers'")
        .toArray(),
    );
    expect(timers).toEqual([{ count: 0 }]);
    socket.close();
  });

  it('sets one while a lease runs', async () => {
    const id = await spawn();
    const { socket, bodies } = await connect(id);
    await send(id, 1);
    await expect.poll(() => bodies).toEqual([1]);
    const timers = () =>
      runInDurableObject(stubOf(id), (_, { storage }) =>
        storage.sql.exec('SELECT name FROM timers').toArray(),
      );
    await expect.poll(timers).toEqual([{ name: PUSH_TIMER }]);
    socket.close();
  });
});

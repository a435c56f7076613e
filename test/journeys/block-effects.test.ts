/**
 * What a reducer asks of others than blocks: each request is done once and answered by a message, also
 * when the process is killed in between; a no of a check is an answer.
 */

import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { type Api, callApi } from '../support/api.ts';
import { type Gateway, startGateway } from '../support/gateway.ts';
import { installScript } from '../support/script-plugins.ts';

let gateway: Gateway;
let api: Api;

/** Does what a message says, and keeps the answers. */
const ASKER = `
export function run({ state, message }) {
  const { body } = message;
  const answers = state ?? [];
  if (message.signal) return { state: [...answers, body] };
  if (body === 'answers') return { state, effects: [{ type: 'reply', body: answers }] };
  return { state: answers, effects: body };
}
`;

beforeAll(async () => {
  gateway = await startGateway();
  api = callApi(gateway);
  const inputSchema = {
    type: 'object',
    properties: { state: {}, message: { type: 'object' } },
  };
  const tools = [{ name: 'asker', description: 'Asks.', inputSchema, entry: 'run' }];
  expect((await installScript(gateway, 'asker', ASKER, { tools })).status).toBe(201);
});

afterAll(() => gateway?.dispose());

const behavior = { kind: 'plugin', plugin: 'asker', entry: 'asker' };

async function spawn(...capabilities: string[]): Promise<string> {
  const born = await api.post('/v1/blocks', {
    behavior,
    capabilities: ['CAP_SEND', ...capabilities],
  });
  expect(born.status).toBe(201);
  return born.body.id;
}

const ask = (id: string, ...effects: object[]) =>
  api.post(`/v1/blocks/${id}/messages`, { body: effects });

async function answers(id: string): Promise<readonly { readonly ref: string }[]> {
  const called = await api.post(`/v1/blocks/${id}/call`, { body: 'answers', timeoutMs: 30_000 });
  return called.body.body ?? [];
}

const untilAnswered = (id: string, expected: readonly object[]) =>
  expect.poll(() => answers(id), { timeout: 30_000 }).toMatchObject(expected);

const count = (ref: string, text: string) => ({
  ...{ type: 'call-tool', ref, tool: 'text-stats' },
  arguments: { text },
});

const timer = (timerId: string) => ({ type: 'timer', timerId, afterMs: 60_000, body: 1 });

test.each([
  ['timer', () => [timer('a'), timer('b')]],
  [
    'monitor',
    (to: string) => [
      { type: 'monitor', to },
      { type: 'monitor', to },
    ],
  ],
  [
    'link',
    (to: string) => [
      { type: 'monitor', to },
      { type: 'link', to },
    ],
  ],
])(
  'a %s beyond the limits ends the block, and nothing else of the message happens',
  async (_, excess) => {
    const limits = { timers: 1, relations: 1 };
    const capabilities = ['CAP_SEND', 'CAP_MONITOR', 'CAP_LINK'];
    const { id } = (await api.post('/v1/blocks', { behavior, capabilities, limits })).body;
    const other = await spawn();
    expect(
      (
        await api.post(`/v1/blocks/${id}/call`, {
          body: [{ type: 'reply', body: 'well' }, timer('a')],
        })
      ).body.body,
    ).toBe('well');
    const body = [
      { type: 'send', to: other, body: [] },
      { type: 'reply', body: 'done' },
      ...excess(other),
    ];
    const called = await api.post(`/v1/blocks/${id}/call`, { body, timeoutMs: 300 });
    expect(called.status).not.toBe(200);
    const read = async (block: string) => (await api.get(`/v1/blocks/${block}`)).body;
    await expect.poll(async () => (await read(id)).exitReason).toEqual({ crash: 'limit_reached' });
    expect((await read(other)).mailbox.accepted).toBe(0);
    expect((await read(id)).mailbox.depth).toBe(1);
  },
);

test('tools are called in order, and answer', async () => {
  const id = await spawn('tool:call:text-stats');
  await ask(id, count('one', 'a'), count('two', 'a b'));
  await untilAnswered(id, [
    { type: 'answer', ref: 'one', result: expect.stringContaining('"words":1') },
    { type: 'answer', ref: 'two', result: expect.stringContaining('"words":2') },
  ]);
});

test('an id that nobody has is heard of like a dead block, when linked to and when monitored', async () => {
  const nobody = `blk_${'0'.repeat(44)}`;
  const [trapping, linked] = [
    await spawn('CAP_TRAP_EXIT', 'CAP_LINK', 'CAP_MONITOR'),
    await spawn('CAP_LINK'),
  ];
  await ask(
    trapping,
    { type: 'trap-exits', on: true },
    { type: 'link', to: nobody },
    { type: 'monitor', to: nobody },
  );
  await untilAnswered(trapping, [
    { type: 'exit', from: nobody, reason: 'noproc' },
    { type: 'down', from: nobody, reason: 'noproc' },
  ]);
  await ask(linked, { type: 'link', to: nobody });
  await expect
    .poll(async () => (await api.get(`/v1/blocks/${linked}`)).body)
    .toMatchObject({ state: 'exited', exitReason: 'noproc' });
});

test('a timer that is set again rings once, as it was set last', async () => {
  const id = await spawn();
  const timer = { type: 'timer', timerId: 'tick', body: 'first' };
  await ask(id, { ...timer, afterMs: 3_600_000 }, { ...timer, afterMs: 0, body: 'last' });
  const rung = { type: 'timer', ref: 'tick', body: 'last' };
  await untilAnswered(id, [rung]);
  await ask(id, { ...timer, afterMs: 3_600_000 });
  await ask(id, { ...timer, afterMs: 0, body: 'again' });
  await untilAnswered(id, [rung, { ...rung, body: 'again' }]);
  expect(await answers(id)).toHaveLength(2);
});

test('the no of another check than the capability is an answer', async () => {
  const id = await spawn('tool:call:*');
  await ask(
    id,
    { type: 'call-tool', ref: 'structure', tool: 'text-stats', arguments: { no: 'text' } },
    { type: 'call-tool', ref: 'registry', tool: 'no-such-tool' },
  );
  await untilAnswered(id, [
    { ref: 'structure', denied: { check: 'structure' } },
    { ref: 'registry', denied: { check: 'registry' } },
  ]);
});

test('what one block puts into memory, another finds there', async () => {
  const [writer, reader] = [await spawn('CAP_MEMORY'), await spawn('storage:memory:read')];
  await ask(writer, {
    ...{ type: 'memory', ref: 'put' },
    act: { kind: 'put', key: 'color', value: { red: 1 } },
  });
  await untilAnswered(writer, [{ ref: 'put', done: true }]);
  await ask(
    reader,
    { type: 'memory', ref: 'get', act: { kind: 'get', key: 'color' } },
    { type: 'memory', ref: 'list', act: { kind: 'list', prefix: 'col' } },
  );
  await untilAnswered(reader, [
    { ref: 'get', found: true, value: { red: 1 } },
    { ref: 'list', entries: [{ key: 'color', value: { red: 1 } }] },
  ]);
  await ask(reader, { type: 'memory', ref: 'no', act: { kind: 'delete', key: 'color' } });
  await expect
    .poll(async () => (await api.get(`/v1/blocks/${reader}`)).body.exitReason)
    .toEqual({ crash: 'capability', capability: 'storage:memory:write' });
});

test('databases are apart, and each is a capability of its own', async () => {
  const id = await spawn('storage:db:orders', 'storage:db:bills');
  const put = { kind: 'put', key: 'k', value: 'of orders' };
  const get = { kind: 'get', key: 'k' };
  await ask(
    id,
    { type: 'db', ref: 'put', name: 'orders', act: put },
    { type: 'db', ref: 'same', name: 'orders', act: get },
    { type: 'db', ref: 'other', name: 'bills', act: get },
  );
  await untilAnswered(id, [
    { ref: 'put', done: true },
    { ref: 'same', found: true, value: 'of orders' },
    { ref: 'other', found: false },
  ]);
});

test('what is not there and what is too large is answered, too', async () => {
  const id = await spawn('CAP_ENV', 'CAP_MEMORY');
  const key = 'é'.repeat(300);
  await ask(
    id,
    { type: 'env', ref: 'unset', name: 'UNSET' },
    // Nothing but settings can be read, whatever else the deployment holds.
    { type: 'env', ref: 'secret', name: 'SALLYPORT_MASTER_KEY' },
    { type: 'memory', ref: 'large', act: { kind: 'put', key, value: 1 } },
  );
  await untilAnswered(id, [
    { ref: 'unset', value: null },
    { ref: 'secret', value: null },
    { ref: 'large', failed: 'key_invalid' },
  ]);
});

test('each request is answered once, though the process is killed in between', async () => {
  const id = await spawn('tool:call:text-stats');
  const refs = Array.from({ length: 20 }, (_, index) => `call-${index}`);
  await ask(id, ...refs.map((ref) => count(ref, ref)));
  await gateway.restart();
  await expect
    .poll(async () => (await answers(id)).map(({ ref }) => ref), { timeout: 50_000, interval: 300 })
    .toEqual(refs);
});

test('a call that is made for a block ends with it', async () => {
  const asked = Promise.withResolvers<{ readonly left: Promise<void> }>();
  const world = createServer((_, response) => {
    asked.resolve({ left: new Promise((resolve) => response.once('close', resolve)) });
  });
  await new Promise<void>((resolve) => world.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    world.closeAllConnections();
    world.close();
  });
  const place = `127.0.0.1:${(world.address() as AddressInfo).port}`;
  const { policy } = (await api.get('/v1/workspaces/default')).body;
  await api.put('/v1/workspaces/default', { policy: { ...policy, privateHosts: [place] } });
  const id = await spawn('tool:call:http-fetch', `tool:network:http:${place}`);
  await ask(id, {
    ...{ type: 'call-tool', ref: 'slow', tool: 'http-fetch' },
    arguments: { url: `http://${place}/`, method: 'GET' },
  });
  const { left } = await asked.promise;
  expect((await api.post(`/v1/blocks/${id}/exit`, { reason: 'kill' })).status).toBe(202);
  await left;
  const query = `actor=block:${id}&action=turn-cancelled`;
  await expect
    .poll(async () => (await api.get(`/v1/audit?${query}`)).body.records)
    .toMatchObject([{ event: { reason: 'cancelled' } }]);
});

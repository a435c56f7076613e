/**
 * Each of the 17 bits, present and missing: with it the operation is done, without it the block that
 * tried it ends with `{crash: "capability"}`, who is linked to it hears that, and the record has it.
 *
 * Programs, files and outward WebSockets are gated where a tool asks for them; the tool here stands in
 * for one that has them.
 */

import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { BLOCK_BITS, type BlockBit } from '../../src/core/capabilities/block-bits.ts';
import { type Api, callApi } from '../support/api.ts';
import { type Gateway, startGateway } from '../support/gateway.ts';
import { installScript } from '../support/script-plugins.ts';

let gateway: Gateway;
let api: Api;
let server: Server;
let serverUrl: string;
let watched: string;

/** Does what a message says, and keeps what comes of it. */
const ACTOR = `
export function run({ state, message }) {
  const { body } = message;
  const seen = state ?? [];
  if (message.signal) return { state: [...seen, body] };
  if (body === 'seen') return { state, effects: [{ type: 'reply', body: seen }] };
  return { state: seen, effects: body.effects };
}
`;

const STAND_IN = `export function run() { return { done: true }; }`;

const argument = (name: string, format?: string) => ({
  type: 'object',
  properties: { [name]: { type: 'string', ...(format && { format }) } },
  required: [name],
});

/** Tools that need a capability which shows in their arguments. */
const NEEDY = {
  'read-file': ['tool:file:read:{path}', argument('path', 'path')],
  'write-file': ['tool:file:write:{path}', argument('path', 'path')],
  'run-program': ['tool:exec:{program}', argument('program')],
  'run-shell': ['tool:exec:shell', { type: 'object', properties: {} }],
  'open-socket': ['tool:network:websocket:{url.host}:{url.port}', argument('url', 'uri')],
} as const;

beforeAll(async () => {
  server = createServer((_, response) => response.end('hello'));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  serverUrl = `http://127.0.0.1:${port}/`;
  gateway = await startGateway({ env: { SALLYPORT_ENV_REGION: 'north' } });
  api = callApi(gateway);
  const path = '/v1/workspaces/default';
  const { policy } = (await api.get(path)).body;
  await api.put(path, { policy: { ...policy, privateHosts: [`127.0.0.1:${port}`] } });
  const schema = { type: 'object', properties: { state: {}, message: { type: 'object' } } };
  const actor = { name: 'actor', description: 'Acts.', inputSchema: schema, entry: 'run' };
  const tools = Object.entries(NEEDY).map(([name, [needs, inputSchema]]) => ({
    ...{ name, description: `Stands in for ${name}.`, inputSchema, entry: 'run' },
    requires: [needs],
  }));
  const capabilities = [
    ...['tool:file:read', 'tool:file:write', 'tool:exec', 'tool:exec:shell'],
    'tool:network:websocket',
  ];
  for (const [name, source, changes] of [
    ['actor', ACTOR, { tools: [actor] }],
    ['stand-in', STAND_IN, { tools, capabilities }],
  ] as const) {
    const { status, body } = await installScript(gateway, name, source, changes);
    expect([status, body.errors]).toEqual([201, undefined]);
  }
  watched = await spawn({ kind: 'mailbox' }, ['CAP_RECEIVE']);
});

afterAll(async () => {
  await gateway?.dispose();
  server?.close();
});

const ACTS = { kind: 'plugin', plugin: 'actor', entry: 'actor' };
const AGENT = { kind: 'agent', model: 'embedded/script' };

async function spawn(
  behavior: object,
  capabilities: readonly string[],
  more: object = {},
): Promise<string> {
  const born = await api.post('/v1/blocks', { behavior, capabilities, ...more });
  expect([born.status, born.body]).toEqual([201, expect.anything()]);
  return born.body.id;
}

const read = async (id: string) => (await api.get(`/v1/blocks/${id}`)).body;
const send = (id: string, body: unknown) => api.post(`/v1/blocks/${id}/messages`, { body });
const seen = async (id: string) =>
  (await api.post(`/v1/blocks/${id}/call`, { body: 'seen', timeoutMs: 20_000 })).body.body;

interface Case {
  /** What the block is; a reducer that does what it is told, unless it says otherwise. */
  readonly behavior?: object;
  readonly more?: readonly string[];
  /** Has the block try it. */
  readonly attempt: (id: string) => Promise<unknown>;
  /** Resolves once it was done. */
  readonly done: (id: string) => Promise<unknown>;
  /** What is missing, as the crash names it. */
  readonly lacks: string;
}

const tell = (id: string, effect: object) => send(id, { effects: [effect] });

const untilEmpty = (id: string) => expect.poll(async () => (await read(id)).mailbox.depth).toBe(0);

/** An effect that nobody answers, and what the block is described as once it was done. */
const plain = (lacks: string, make: () => object, described: () => object): Case => ({
  lacks,
  attempt: (id) => tell(id, make()),
  done: (id) => expect.poll(() => read(id)).toMatchObject(described()),
});

/** An effect that asks for something, and what is answered. */
function effect(lacks: string, make: () => object, answer: object): Case {
  return {
    lacks,
    attempt: (id) => tell(id, { ref: 'asked', ...make() }),
    done: async (id) => {
      const expected = expect.objectContaining({ type: 'answer', ref: 'asked', ...answer });
      await expect.poll(() => seen(id), { timeout: 20_000 }).toContainEqual(expected);
    },
  };
}

const tool = (lacks: string, name: string, values: () => object): Case => ({
  ...effect(lacks, () => ({ type: 'call-tool', tool: name, arguments: values() }), {
    result: expect.any(String),
  }),
  more: [`tool:call:${name}`],
});

const CASES: Record<BlockBit, Case> = {
  CAP_SPAWN: effect(
    'block:spawn',
    () => ({ type: 'spawn', block: { behavior: { kind: 'mailbox' }, capabilities: ['CAP_SEND'] } }),
    { id: expect.stringMatching(/^blk_/) },
  ),
  CAP_SEND: {
    lacks: 'block:send',
    attempt: (id) => tell(id, { type: 'send', to: watched, body: id }),
    done: async (id) => {
      const query = { match: id, timeoutMs: 10_000 };
      const { messages } = (await api.post(`/v1/blocks/${watched}/receive`, query)).body;
      expect(messages[0].from).toBe(`block:${id}`);
    },
  },
  CAP_RECEIVE: {
    behavior: { kind: 'mailbox' },
    lacks: 'block:receive',
    attempt: (id) => api.post(`/v1/blocks/${id}/receive`, {}),
    done: async (id) => {
      await send(id, 'received');
      const { messages } = (await api.post(`/v1/blocks/${id}/receive`, {})).body;
      expect(messages[0].body).toBe('received');
    },
  },
  CAP_INFER: {
    behavior: AGENT,
    lacks: 'provider:llm:call:embedded/script',
    attempt: (id) => send(id, JSON.stringify({ script: [{ text: 'done' }] })),
    done: untilEmpty,
  },
  CAP_HTTP: tool('tool:network:http', 'http-fetch', () => ({ url: serverUrl })),
  CAP_FILE_READ: tool('tool:file:read', 'read-file', () => ({ path: '/data/a.txt' })),
  CAP_FILE_WRITE: tool('tool:file:write', 'write-file', () => ({ path: '/data/a.txt' })),
  CAP_DB: effect(
    'storage:db:orders',
    () => ({ type: 'db', name: 'orders', act: { kind: 'put', key: 'a', value: { n: 1 } } }),
    { done: true },
  ),
  CAP_MEMORY: effect(
    'storage:memory:read',
    () => ({ type: 'memory', act: { kind: 'get', key: 'nothing' } }),
    { found: false },
  ),
  CAP_LINK: plain(
    'block:link',
    () => ({ type: 'link', to: watched }),
    () => ({ links: [watched] }),
  ),
  CAP_SHELL: tool('tool:exec:shell', 'run-shell', () => ({})),
  CAP_EXEC: tool('tool:exec', 'run-program', () => ({ program: '/usr/bin/true' })),
  CAP_TRAP_EXIT: plain(
    'block:trap_exit',
    () => ({ type: 'trap-exits', on: true }),
    () => ({ trapsExits: true }),
  ),
  CAP_MONITOR: plain(
    'block:monitor',
    () => ({ type: 'monitor', to: watched }),
    () => ({ monitors: [{ target: watched }] }),
  ),
  CAP_SUPERVISE: {
    behavior: { kind: 'supervisor', children: [] },
    lacks: 'block:supervise',
    attempt: (id) =>
      api.post(`/v1/blocks/${id}/children`, {
        name: `child-${id.slice(4, 12)}`,
        behavior: { kind: 'mailbox' },
      }),
    done: (id) =>
      expect
        .poll(async () => (await api.get(`/v1/blocks/${id}/tree`)).body.children.length)
        .toBe(1),
  },
  CAP_ENV: effect('system:env:read:REGION', () => ({ type: 'env', name: 'REGION' }), {
    value: 'north',
  }),
  CAP_WEBSOCKET: tool('tool:network:websocket', 'open-socket', () => ({
    url: 'wss://example.com/',
  })),
};

const bits = Object.keys(BLOCK_BITS) as BlockBit[];

/** All but one. `CAP_EXEC` takes in the shell, so the two are not given together. */
function allBut(missing: BlockBit): readonly string[] {
  return bits.filter((bit) => bit !== missing && !(missing === 'CAP_SHELL' && bit === 'CAP_EXEC'));
}

describe.each(bits)('%s', (bit) => {
  const { behavior = ACTS, more = [], attempt, done, lacks } = CASES[bit];

  test('with it and nothing that it does not need, the block does it', async () => {
    const id = await spawn(behavior, [bit, 'CAP_SEND', 'CAP_SPAWN', ...more]);
    await attempt(id);
    await done(id);
    expect((await read(id)).state).not.toBe('exited');
  });

  test('with all others, the block ends of it, and the linked and the record hear', async () => {
    const linked = await spawn({ kind: 'mailbox' }, [...bits, ...more]);
    await api.put(`/v1/blocks/${linked}/trap-exits`, { on: true });
    const child = { parent: linked, link: true };
    const id = await spawn(behavior, [...allBut(bit), ...more], child);
    await attempt(id);
    const reason = { crash: 'capability', capability: lacks };
    await expect.poll(async () => (await read(id)).exitReason, { timeout: 20_000 }).toEqual(reason);
    const query = { timeoutMs: 10_000 };
    const { messages } = (await api.post(`/v1/blocks/${linked}/receive`, query)).body;
    expect(messages[0].body).toMatchObject({ type: 'exit', from: id, reason });
    const records = async () =>
      (await api.get('/v1/audit?action=block-denied&limit=200')).body.records;
    await expect.poll(records).toContainEqual(
      expect.objectContaining({
        event: expect.objectContaining({ actor: `block:${id}`, resource: lacks }),
      }),
    );
  });
});

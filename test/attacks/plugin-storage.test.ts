/**
 * What plugins try with their storage, and with that of others: through the front door, each as a
 * plugin that anybody could upload.
 */

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Api, callApi } from '../support/api.ts';
import { type Gateway, startGateway } from '../support/gateway.ts';
import { installScript } from '../support/script-plugins.ts';

const BOTH = ['storage:workspace:read', 'storage:workspace:write'];

/** Does what its arguments say, and answers what came of it. */
const PROBE = `import { storage } from 'sallyport:storage';
const results = { true: 'done', false: 'exists', undefined: 'nothing' };
export function run({ op = 'get', key = '', value = '', times = 1, pad = 0, fill = 0 }) {
  const name = key + 'k'.repeat(pad);
  const text = value + 'v'.repeat(fill);
  let last;
  for (let count = 0; count < times; count++) {
    try {
      const one = times === 1 ? name : name + count;
      if (op === 'list') last = storage.list({ prefix: name }).map((entry) => entry.key).join();
      else if (op === 'set') last = storage.set(one, text);
      else last = storage[op](one, text);
    } catch (error) {
      return error.message;
    }
  }
  return typeof last === 'string' ? last : results[last];
}`;

let gateway: Gateway;
let root: Api;

beforeAll(async () => {
  gateway = await startGateway();
  root = callApi(gateway);
  await setPolicy({});
});
afterAll(() => gateway?.dispose());

async function setPolicy(changes: object): Promise<void> {
  const { body } = await root.get('/v1/workspaces/default');
  const rate = { calls: 1_000_000, periodMs: 60_000 };
  const rates = { ...body.policy.rates, workspace: rate, principal: rate, session: rate };
  const policy = { ...body.policy, rates, ...changes };
  expect((await root.put('/v1/workspaces/default', { policy })).status).toBe(200);
}

const toolOf = (name: string, requires: readonly string[]) => ({
  name,
  description: 'Uses its storage.',
  inputSchema: { type: 'object', properties: {}, additionalProperties: true },
  annotations: { openWorldHint: false },
  requires,
  entry: 'run',
});

/** `requires` says what each call needs; nothing, unless a test states it. */
async function install(name: string, capabilities = BOTH, requires: readonly string[] = []) {
  const { status, body } = await installScript(gateway, name, `${PROBE}\n// ${name}`, {
    capabilities,
    tools: [toolOf(name, requires)],
  });
  expect(body).toMatchObject({ state: 'running' });
  expect(status).toBe(201);
}

async function use(name: string, args: object, api = root): Promise<string> {
  const { status, body } = await api.post(`/v1/tools/${name}/call`, { arguments: args });
  expect(body).toHaveProperty('result');
  expect(status).toBe(200);
  return body.result;
}

const refuseUse = async (name: string, args: object, api = root) =>
  (await api.post(`/v1/tools/${name}/call`, { arguments: args })).body;

/** The last refusal of a host call of that plugin, once it has come to the chain. */
async function lastRefusal(plugin: string) {
  const refusal = async () => {
    const { body } = await root.get('/v1/audit?action=host-call&decision=denied&limit=500');
    return body.records
      .map(({ event }: { event: { plugin: string } }) => event)
      .findLast((event: { plugin: string }) => event.plugin === plugin);
  };
  await expect.poll(refusal).toBeDefined();
  return refusal();
}

describe('the storage of a plugin', () => {
  test('cannot be read by another one, nor by the same one of another workspace', async () => {
    await install('keeper');
    await install('thief');
    expect(await use('keeper', { op: 'set', key: 'secret', value: 'treasure' })).toBe('nothing');
    expect(await use('keeper', { key: 'secret' })).toBe('treasure');
    for (const key of ['secret', '../keeper/secret', 'keeper/secret', 'default/keeper/secret']) {
      expect(await use('thief', { key })).toBe('nothing');
    }
    expect(await use('thief', { op: 'list' })).toBe('');

    await root.put('/v1/workspaces/other', {});
    const subject = { kind: 'service', id: 'other' };
    const grants = ['system:plugin:install', 'tool:call:*', ...BOTH];
    const { body } = await root.post('/v1/tokens', { subject, grants, workspace: 'other' });
    const elsewhere = { ...gateway, token: body.token };
    await installScript(elsewhere, 'keeper', `${PROBE}\n// keeper`, {
      capabilities: BOTH,
      tools: [toolOf('keeper', [])],
    });
    const other = callApi(elsewhere);
    expect(await use('keeper', { op: 'list' }, other)).toBe('');
    expect(await use('keeper', { key: 'secret' }, other)).toBe('nothing');
    await use('keeper', { op: 'delete', key: 'secret' }, other);
    expect(await use('keeper', { key: 'secret' })).toBe('treasure');
  });

  test('is gone with its plugin, whoever takes over the name', async () => {
    await install('former');
    await use('former', { op: 'set', key: 'secret', value: 'treasure' });
    expect((await root.delete('/v1/plugins/former')).status).toBe(204);
    await install('former');
    expect(await use('former', { key: 'secret' })).toBe('nothing');
    expect(await use('former', { op: 'list' })).toBe('');
  });
});

describe('without the capability', () => {
  test.each([
    [[], 'none'],
    [['tool:network:http:*'], 'another'],
  ])(
    'a module that imports the functions is not even installed: with %j',
    async (capabilities, name) => {
      const { status, body } = await installScript(gateway, `bare-${name}`, PROBE, {
        capabilities,
        tools: [toolOf(`bare-${name}`, [])],
      });
      expect(status).toBe(422);
      expect(JSON.stringify(body.errors)).toContain('storage:workspace');
    },
  );

  test('to write, one that may read is stopped when it tries, and that is on the record', async () => {
    await install('reader', ['storage:workspace:read']);
    expect(await use('reader', { key: 'a' })).toBe('nothing');
    const args = { op: 'set', key: 'a', value: 'b' };
    expect(await refuseUse('reader', args)).toMatchObject({
      ...{ status: 403, code: 'denied', check: 'dispatch', reason: 'host_denied' },
    });
    expect(await lastRefusal('reader')).toMatchObject({
      ...{ check: 'capability', reason: 'plugin_allow_missing', tool: 'reader' },
      resource: 'storage:workspace:write',
    });
    expect(await use('reader', { key: 'a' })).toBe('nothing');
  });

  test('of the principal, the plugin cannot do it for him', async () => {
    await install('deputy');
    const subject = { kind: 'service', id: 'guest' };
    const grants = ['tool:call:*', 'storage:workspace:read'];
    const { body } = await root.post('/v1/tokens', { subject, grants });
    const guest = callApi(gateway, body.token);
    await use('deputy', { op: 'set', key: 'a', value: 'b' });
    expect(await use('deputy', { key: 'a' }, guest)).toBe('b');
    expect(await refuseUse('deputy', { op: 'delete', key: 'a' }, guest)).toMatchObject({
      reason: 'host_denied',
    });
    expect(await lastRefusal('deputy')).toMatchObject({
      ...{ check: 'capability', reason: 'principal_grant_missing', actor: 'service:guest' },
    });
    expect(await use('deputy', { key: 'a' })).toBe('b');
  });

  test('by the workspace’s policy: before the call where its tool says so, else within', async () => {
    await install('open', BOTH, BOTH);
    await install('silent');
    const { body } = await root.get('/v1/workspaces/default');
    await setPolicy({ deny: ['storage:workspace:write'] });
    try {
      expect(await refuseUse('open', { op: 'get', key: 'a' })).toMatchObject({
        ...{ status: 403, check: 'capability', reason: 'workspace_deny_match' },
      });
      expect(await refuseUse('silent', { op: 'set', key: 'a', value: 'b' })).toMatchObject({
        ...{ status: 403, check: 'dispatch', reason: 'host_denied' },
      });
      expect(await lastRefusal('silent')).toMatchObject({
        ...{ check: 'capability', reason: 'workspace_deny_match' },
      });
    } finally {
      await setPolicy({ deny: body.policy.deny });
    }
  });
});

describe('the limits', () => {
  beforeAll(() => install('hoarder'));
  const hoard = (args: object) => use('hoarder', args);

  test.each([
    [{ op: 'set', key: 'a', pad: 511, value: 'v' }, 'nothing'],
    [{ op: 'set', key: 'a', pad: 512, value: 'v' }, 'key_invalid'],
    [{ op: 'set', value: 'v' }, 'key_invalid'],
    [{ op: 'set', key: 'long', fill: 65_536 }, 'nothing'],
    [{ op: 'set', key: 'long', fill: 65_537 }, 'value_invalid'],
    [{ op: 'set', key: 'empty' }, 'value_invalid'],
    [{ op: 'list', pad: 512 }, ''],
    [{ op: 'list', pad: 513 }, 'key_invalid'],
    [{ op: 'add', key: 'long', value: 'v' }, 'exists'],
  ])('hold on both sides: %j is %s', async (args, answer) => {
    expect(await hoard(args)).toContain(answer);
  });

  test('of a call: fifty requests, and not one more', async () => {
    expect(await hoard({ key: 'a', times: 50 })).toBe('nothing');
    expect(await refuseUse('hoarder', { key: 'a', times: 51 })).toMatchObject({
      ...{ check: 'dispatch', reason: 'host_denied' },
    });
  });

  test('of a plugin: a mebibyte, after which it can still make room', async () => {
    const { length } = Array.from({ length: 14 });
    expect(await hoard({ op: 'set', key: 'fill', times: length, fill: 65_536 })).toBe('nothing');
    expect(await hoard({ op: 'set', key: 'last', fill: 65_536 })).toContain('storage_full');
    expect(await hoard({ op: 'set', key: 'small', fill: 1_000 })).toBe('nothing');
    await hoard({ op: 'delete', key: 'fill0' });
    expect(await hoard({ op: 'set', key: 'last', fill: 65_536 })).toBe('nothing');
  });
});

describe('floods', () => {
  test('of one plugin end, and an honest one goes on', async () => {
    await install('flooder');
    const floods = Array.from({ length: 6 }, (_, index) =>
      refuseUse('flooder', { op: 'set', key: `f${index}-`, value: 'x', times: 10_000 }),
    );
    const honest = await Promise.all([1, 2, 3].map(() => use('text-stats', { text: 'a b c' })));
    expect(honest.map((text) => JSON.parse(text).words)).toEqual([3, 3, 3]);
    for (const refused of await Promise.all(floods)) {
      expect(refused).toMatchObject({ status: 403, check: 'dispatch' });
      expect(['host_denied', 'timeout']).toContain(refused.reason);
    }
    expect((await use('flooder', { op: 'list', key: 'f' })).split(',')).toHaveLength(100);
    await expect
      .poll(async () => (await root.get('/v1/audit/verify')).body, { timeout: 20_000 })
      .toMatchObject({ ok: true });
  });
});

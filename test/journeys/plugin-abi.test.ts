/**
 * Plugins of both interfaces over HTTP: what they are given, what they say, how they end, and who
 * may see which of it.
 */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Api, callApi, SCRIPT_MODEL, script } from '../support/api.ts';
import { type Gateway, startGateway } from '../support/gateway.ts';

const UPLOADS: Readonly<Record<string, string>> = JSON.parse(
  readFileSync(join(import.meta.dirname, '../../build/fixtures/uploads.txt'), 'utf8'),
);

/** A module of the fixtures with these exports as tools, named after plugin and export. */
function manifestOf(name: string, entries: readonly string[], changes: object = {}) {
  const tools = entries.map((entry) => ({
    name: `${name}-${entry.replaceAll('_', '-').replace(/^-/, '')}`,
    description: 'Does what its export does.',
    inputSchema: { type: 'object', additionalProperties: true },
    entry,
  }));
  const facts = { name, version: '1.0.0', kind: 'tool', tier: 'wasm', license: 'MIT' };
  return { ...facts, capabilities: [], tools, ...changes };
}

let gateway: Gateway;
let api: Api;

async function upload(manifest: object, fixture: string) {
  const form = new FormData();
  form.set('manifest', JSON.stringify(manifest));
  form.set('module', new Blob([Buffer.from(UPLOADS[fixture] ?? '', 'base64')]), 'plugin.wasm');
  const response = await fetch(`${gateway.url}/v1/plugins`, {
    method: 'POST',
    headers: { Authorization: `Bearer ${gateway.token}` },
    body: form,
  });
  return { status: response.status, body: await response.json() };
}

const call = (tool: string, args: object = {}, as = api) =>
  as.post(`/v1/tools/${tool}/call`, { arguments: args });

const CONFIG = {
  type: 'object',
  properties: {
    '{"n":1}': { type: 'integer' },
    text: { type: 'string' },
    key: { type: 'string', secret: true },
  },
};

beforeAll(async () => {
  gateway = await startGateway({ examples: false });
  api = callApi(gateway);
  const installed = [
    await upload(manifestOf('wasi', ['_start', 'exit_7', 'stdout_forever', 'errnos']), 'wasi'),
    await upload(
      manifestOf('extism', ['config', 'log_input', 'error', 'trap_when_refused'], {
        config: CONFIG,
      }),
      'extism',
    ),
    await upload(
      manifestOf('ambient', ['clock', 'random'], { wasm: { clock: true, randomness: true } }),
      'ambient',
    ),
  ];
  expect(installed.map(({ status }) => status)).toEqual([201, 201, 201]);
});
afterAll(() => gateway?.dispose());

/** A principal who holds these and nothing else. */
async function principalWith(...grants: string[]): Promise<Api> {
  const subject = { kind: 'service', id: 'somebody' };
  const { status, body } = await api.post('/v1/tokens', { subject, grants });
  expect(status).toBe(201);
  return callApi(gateway, body.token);
}

describe('a WASI command', () => {
  test('is a tool, with what it cost and a receipt', async () => {
    const { status, body } = await call('wasi-start', { text: 'hello' });
    expect([status, body.result]).toEqual([200, '{"text":"hello"}']);
    expect(body.cost).toMatchObject({ memoryPages: 4, suspendedMs: 0 });
    expect(body.receipt).toEqual({
      codeHash: expect.stringMatching(/^[0-9a-f]{64}$/),
      argumentHash: expect.stringMatching(/^[0-9a-f]{64}$/),
      outputHash: expect.stringMatching(/^[0-9a-f]{64}$/),
      revision: expect.any(Number),
      fuel: body.cost.fuel,
      hardeningVersion: expect.any(Number),
    });
  });

  test('costs the same fuel each time', async () => {
    const fuels = await Promise.all([1, 2, 3].map(() => call('wasi-start', { text: 'hello' })));
    expect(new Set(fuels.map(({ body }) => body.receipt.fuel)).size).toBe(1);
  });

  test.each([
    ['wasi-exit-7', 'exit'],
    ['wasi-stdout-forever', 'output_too_large'],
  ])('%s is denied as %s, with what it cost', async (tool, reason) => {
    const { status, body } = await call(tool);
    expect([status, body.check, body.reason]).toEqual([403, 'dispatch', reason]);
    expect(body.cost.fuel).toBeGreaterThan(0);
  });
});

describe('a turn', () => {
  test('shows of each call how it ended, what it cost and its receipt', async () => {
    const session = await api.session();
    const stream = await api.streamTurn(
      session,
      script(
        { toolCalls: [{ name: 'wasi-start', arguments: {} }] },
        { toolCalls: [{ name: 'wasi-exit-7', arguments: {} }] },
        { toolCalls: [{ name: 'extism-trap-when-refused', arguments: {} }] },
        { text: 'End.' },
      ),
      SCRIPT_MODEL,
    );
    await stream.until(({ kind }) => kind === 'turn-finished');
    const ends = stream.events.filter(({ kind }) => /^tool-(result|call-denied)$/.test(kind));
    const cost = { fuel: expect.any(Number), memoryPages: expect.any(Number), suspendedMs: 0 };
    expect(ends.map(({ kind, data }) => ({ kind, ...data }))).toMatchObject([
      { kind: 'tool-result', cost, receipt: { outputHash: expect.any(String) } },
      { kind: 'tool-call-denied', reason: 'exit', cost },
      { kind: 'tool-call-denied', reason: 'memory', cost },
    ]);
    const turnId = stream.events[0]?.data.turnId;
    await expect
      .poll(
        async () => {
          const { body } = await api.get('/v1/audit?action=tool-result&limit=500');
          const events = body.records.map(({ event }: { event: object }) => event);
          return events.filter((event: { turnId?: string }) => event.turnId === turnId);
        },
        { timeout: 20_000 },
      )
      .toMatchObject([
        { outcome: 'ok', receiptHmac: expect.any(String), ...cost },
        { outcome: 'exit', reason: 'exit', ...cost },
        { outcome: 'memory', reason: 'memory', ...cost },
      ]);
  });
});

describe('settings', () => {
  const set = (values: object, as = api) => as.put('/v1/plugins/extism/config', { values });

  test('reach the plugin from the next call on', async () => {
    // The fixture takes its whole input for the name of a setting.
    expect((await call('extism-config', { n: 1 })).body.result).toBe('');
    expect((await set({ '{"n":1}': 42 })).status).toBe(200);
    const { body } = await call('extism-config', { n: 1 });
    expect(body.result).toBe('42');
    expect(body.receipt.configHash).toMatch(/^[0-9a-f]{64}$/);
    expect((await api.get('/v1/plugins/extism')).body.config).toEqual({ '{"n":1}': 42 });
    await set({});
    expect((await call('extism-config', { n: 1 })).body.result).toBe('');
  });

  test('are bounded in bytes', async () => {
    const rest = '{"text":""}'.length;
    expect((await set({ text: 'x'.repeat(4_096 - rest) })).status).toBe(200);
    const over = await set({ text: 'x'.repeat(4_097 - rest) });
    expect([over.status, over.body.errors[0].pointer]).toEqual([422, '/values']);
    await set({});
  });

  test.each([
    ['a secret', { key: 'x' }, '/values/key'],
    ['what looks like a secret', { text: `ghp_${'a1B2c3D4e5F6'.repeat(3)}` }, '/values/text'],
    ['another type', { text: 5 }, '/values/text'],
  ])('are never %s', async (_, values, pointer) => {
    const { status, body } = await set(values);
    expect([status, body.errors[0].pointer]).toEqual([422, pointer]);
    expect(JSON.stringify(body)).not.toContain('ghp_');
  });

  test('are for those alone who may install plugins', async () => {
    const caller = await principalWith('tool:call:*', 'system:plugin:list');
    expect((await set({}, caller)).status).toBe(403);
    expect((await api.put('/v1/plugins/nothing/config', { values: {} })).status).toBe(404);
    expect((await api.put('/v1/plugins/extism/config', { text: 'x' })).status).toBe(422);
  });
});

describe('logs', () => {
  const logsOf = (plugin: string, as = api) => as.get(`/v1/plugins/${plugin}/logs`);

  test('show what the latest calls have said, and why they failed', async () => {
    await call('extism-error', { said: 'in vain' });
    await call('wasi-errnos');
    expect((await logsOf('extism')).body.calls[0]).toMatchObject({
      tool: 'extism-error',
      outcome: 'plugin_error',
      lines: [{ level: 'error', text: '{"said":"in vain"}' }],
    });
    expect((await logsOf('wasi')).body.calls[0].lines).toContainEqual({
      level: 'warn',
      text: 'path_open was refused: this tier has no files',
    });
  });

  test('go neither to the model nor on the record', async () => {
    const said = 'a line that only its author reads';
    const session = await api.session();
    const { body } = await api.turn(
      session,
      script({ toolCalls: [{ name: 'extism-error', arguments: { said } }] }, { text: 'End.' }),
      SCRIPT_MODEL,
    );
    expect(body.toolCalls).toMatchObject([{ status: 'denied', reason: 'plugin_error' }]);
    const { body: told } = await api.get(`/v1/sessions/${session}/messages`);
    const answers = told.messages.filter(({ role }: { role: string }) => role === 'tool');
    expect(JSON.stringify(answers)).not.toContain(said);
    const { body: audit } = await api.get('/v1/audit?limit=500');
    expect(JSON.stringify(audit)).not.toContain(said);
    expect(JSON.stringify((await logsOf('extism')).body)).toContain(said);
  });

  test('are for those alone who may install plugins', async () => {
    const caller = await principalWith('tool:call:*', 'system:plugin:list', 'system:audit:read');
    expect((await logsOf('extism', caller)).status).toBe(403);
    expect((await logsOf('nothing')).status).toBe(404);
  });
});

describe('clock and chance', () => {
  const frozen = '000064a7b3b6e00d'; // 2001-09-09T01:46:40Z in ns, as it lies in memory

  test('are real for whom they are granted', async () => {
    expect((await call('ambient-clock')).body.result).not.toBe(frozen);
    const [first, second] = [await call('ambient-random'), await call('ambient-random')];
    expect(first.body.result).not.toBe(second.body.result);
  });

  test('stand still for a principal who was not granted them', async () => {
    const caller = await principalWith('tool:call:*');
    expect((await call('ambient-clock', {}, caller)).body.result).toBe(frozen);
    const [first, second] = [
      await call('ambient-random', {}, caller),
      await call('ambient-random', {}, caller),
    ];
    expect(first.body.result).toBe(second.body.result);
  });

  test('can be taken from all by the policy of the workspace', async () => {
    const { body } = await api.get('/v1/workspaces/default');
    const policy = { ...body.policy, deny: [...body.policy.deny, 'system:clock:read'] };
    expect((await api.put('/v1/workspaces/default', { policy })).status).toBe(200);
    expect((await call('ambient-clock')).body.result).toBe(frozen);
  });
});

describe('an upload', () => {
  test('that is made for an interface nobody knows is refused', async () => {
    const next = manifestOf('next', ['_start'], { wasm: { abi: 'wasi-2' } });
    const { status, body } = await upload(next, 'wasi');
    expect([status, body.errors[0]]).toEqual([
      422,
      { pointer: '/wasm/abi', detail: 'must be one of "extism-1", "wasi-1"' },
    ]);
  });

  test('must be made for what its manifest says', async () => {
    const wrong = manifestOf('wrong', ['_start'], { wasm: { abi: 'extism-1' } });
    const refused = await upload(wrong, 'wasi');
    expect([refused.status, refused.body.errors[0].pointer]).toEqual([422, '/wasm/abi']);
    const right = manifestOf('right', ['_start'], { wasm: { abi: 'wasi-1' } });
    expect((await upload(right, 'wasi')).status).toBe(201);
  });
});

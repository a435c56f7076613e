import { createHash, createPublicKey, randomUUID, verify } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  parseReceipt,
  RECEIPT_CONTEXT,
} from '../../src/core/executor-protocol/executor-receipt.ts';
import { commandLines } from '../executor/support/command-lines.ts';
import { type Api, callApi, SCRIPT_MODEL, script } from '../support/api.ts';
import { startExecutor, type TestExecutor } from '../support/executor.ts';
import { ECHO, jsonPlugin, mcpPlugin } from '../support/executor-plugins.ts';
import { type Gateway, startGateway } from '../support/gateway.ts';

const NUMBER = { type: 'integer', minimum: 0 };
const PATH = { type: 'string', format: 'path' };

const FAILING = jsonPlugin('failing', {
  properties: { code: NUMBER },
  program: 'process.exit(input.arguments.code);',
});
const FLOOD = jsonPlugin('flood', {
  properties: { bytes: NUMBER },
  program: "process.stdout.write('x'.repeat(input.arguments.bytes));",
});
const SLOW = jsonPlugin('slow', {
  properties: { ms: NUMBER },
  section: { limits: { timeoutMs: 1_500 } },
  program:
    'await new Promise((done) => setTimeout(done, input.arguments.ms)); process.stdout.write("awake");',
});
/** Says that it runs, and goes on for as long as it is let. */
const lasting = (name: string) =>
  jsonPlugin(name, {
    properties: { path: PATH },
    capabilities: ['tool:file:write'],
    requires: ['tool:file:write:{path}'],
    section: { limits: { timeoutMs: 60_000 } },
    program: `
      const { writeFileSync } = await import('node:fs');
      writeFileSync(input.arguments.path + '/${name}', 'begun');
      await new Promise((done) => setTimeout(done, 50_000));`,
  });
/** In the command line of a server that is kept: others may test on the same machine at the same time. */
const KEPT_MARK = `kept-${randomUUID()}`;
function markedKept() {
  const { manifest, ...rest } = mcpPlugin('kept', 'return text;');
  const command = ['node', '/plugin/main.mjs', KEPT_MARK];
  return {
    manifest: { ...manifest, process: { ...(manifest.process as object), command } },
    ...rest,
  };
}
/** Its tool needs nothing but to be called; its server has all folders at hand that it may write to. */
function reaching() {
  const { manifest, ...rest } = mcpPlugin(
    'reaching',
    `const { writeFileSync } = await import('node:fs');
     writeFileSync(text, 'begun');
     await new Promise((done) => setTimeout(done, 50_000));`,
  );
  const run = { ...(manifest.process as object), limits: { timeoutMs: 60_000 } };
  return { manifest: { ...manifest, capabilities: ['tool:file:write'], process: run }, ...rest };
}
/** Asks for one path, and looks at another. */
const PEEK = jsonPlugin('peek', {
  properties: { path: PATH, other: { type: 'string' } },
  capabilities: ['tool:file:read'],
  requires: ['tool:file:read:{path}'],
  program: `
    const { readFileSync } = await import('node:fs');
    const look = (path) => { try { return readFileSync(path, 'utf8'); } catch (error) { return error.code; } };
    const { path, other } = input.arguments;
    process.stdout.write(JSON.stringify([look(path), look(other)]));`,
});

const LASTING = ['stopped', 'quarantined', 'switched'].map((how) => `lasting-${how}`);

let gateway: Gateway;
let api: Api;
let executor: TestExecutor;

beforeAll(async () => {
  gateway = await startGateway({ examples: false });
  api = callApi(gateway);
  executor = await startExecutor(gateway, api, {
    plugins: [ECHO, FAILING, FLOOD, SLOW, PEEK, ...LASTING.map(lasting), markedKept(), reaching()],
    examples: ['exec-sandbox', 'file-tools', 'mcp-everything'],
    policy: `
      [paths]
      read = ["{folder}/shelf", "{folder}/../home"]
      write = ["{folder}/desk"]
      [programs]
      allow = ["/usr/bin/*"]
    `,
  });
  const { folder } = executor;
  for (const name of ['shelf', 'desk', 'vault']) mkdirSync(join(folder, name));
  // Sandboxes run as a user of their own.
  chmodSync(join(folder, 'desk'), 0o777);
  writeFileSync(join(folder, 'shelf/a.txt'), 'of the shelf\n');
  writeFileSync(join(folder, 'shelf/b.md'), '# title\nsome words\n');
  writeFileSync(join(folder, 'vault/secret.txt'), 'of the vault\n');
  symlinkSync(join(folder, 'vault/secret.txt'), join(folder, 'shelf/link.txt'));
  symlinkSync(join(folder, 'nowhere'), join(folder, 'shelf/dangling.txt'));
});

afterAll(async () => {
  await executor?.dispose();
  await gateway?.dispose();
});

const call = (tool: string, args: object) =>
  api.post(`/v1/tools/${tool}/call`, { arguments: args });
const denied = (reason: string) => ({ code: 'denied', check: 'dispatch', reason });

describe('a call on an executor', () => {
  test('comes back with a receipt that the machine has signed', async () => {
    const answer = await call('echo', { text: 'hello' });
    expect(answer.body).toMatchObject({ result: 'hello' });
    const { executor: signed, ...hashes } = answer.body.receipt;
    const receipt = parseReceipt(signed.text);
    expect(receipt).toMatchObject({
      node: executor.node,
      outcome: 'ok',
      exitCode: 0,
      codeHash: hashes.codeHash,
      argumentHash: hashes.argumentHash,
      outputHash: createHash('sha256').update('hello').digest('hex'),
      outputBytes: 5,
      truncated: false,
      hosts: [],
    });
    const { privateKey } = JSON.parse(readFileSync(join(executor.home, 'identity.json'), 'utf8'));
    const key = createPublicKey({
      key: Buffer.from(privateKey, 'base64url'),
      format: 'der',
      type: 'pkcs8',
    } as never);
    const text = Buffer.from(RECEIPT_CONTEXT + signed.text);
    expect(verify(null, text, key, Buffer.from(signed.signature, 'base64url'))).toBe(true);
  });

  test('serves a model’s turn like any other tool', async () => {
    const session = await api.session();
    const input = script(
      { toolCalls: [{ name: 'echo', arguments: { text: 'from the machine' } }] },
      { text: 'done' },
    );
    const turn = await api.turn(session, input, SCRIPT_MODEL);
    expect(turn.body).toMatchObject({ status: 'finished', output: 'done' });
  });

  test('is on the record, once by its node and once by its session', async () => {
    await call('echo', { text: 'recorded' });
    const { callKey } = (await api.get(`/v1/nodes/${executor.node}/calls`)).body.calls[0];
    for (const action of ['node-call', 'tool-result']) {
      await expect
        .poll(async () => {
          const { body } = await api.get(`/v1/audit?action=${action}&limit=500`);
          return body.records.map(({ event }: { event: object }) => event);
        })
        .toContainEqual(
          expect.objectContaining({
            callKey,
            receiptHmac: expect.stringMatching(/^[0-9a-f]{64}$/),
          }),
        );
    }
    expect((await api.get('/v1/audit/verify')).body).toMatchObject({ ok: true });
  });

  test('ends as `exit` where the program says that it failed', async () => {
    expect((await call('failing', { code: 3 })).body).toMatchObject(denied('exit'));
    expect((await call('failing', { code: 0 })).body).toMatchObject({ result: '' });
  });

  test('has output up to its limit, and ends as `output_too_large` beyond it', async () => {
    const most = 1_048_576;
    const full = await call('flood', { bytes: most });
    expect(full.status).toBe(200);
    expect((await call('flood', { bytes: most + 1 })).body).toMatchObject(
      denied('output_too_large'),
    );
  });

  test('ends as `timeout` when it takes longer than its manifest says', async () => {
    expect((await call('slow', { ms: 50 })).body).toMatchObject({ result: 'awake' });
    expect((await call('slow', { ms: 30_000 })).body).toMatchObject(denied('timeout'));
  });

  test('ends soon after its turn was cancelled', async () => {
    const session = await api.session();
    const steps = script(
      { toolCalls: [{ name: 'slow', arguments: { ms: 1_400 } }] },
      { text: 'over' },
    );
    const stream = await api.streamTurn(session, steps, SCRIPT_MODEL);
    const started = await stream.until(({ kind }) => kind === 'tool-call-approved');
    const { turnId } = (await stream.until(({ kind }) => kind === 'turn-started')).data;
    expect(started.kind).toBe('tool-call-approved');
    await api.post(`/v1/sessions/${session}/turns/${turnId}/cancel`);
    await stream.ended;
    expect(stream.events.at(-1)?.kind).toBe('turn-failed');
  });
});

describe('what runs on a machine', () => {
  const switchOff = (killSwitch: object) => api.post('/v1/switches', { killSwitch });

  test.each([
    [
      'its plugin is stopped',
      'lasting-stopped',
      () => api.post('/v1/plugins/lasting-stopped/stop'),
    ],
    [
      'its plugin is quarantined',
      'lasting-quarantined',
      () => api.post('/v1/plugins/lasting-quarantined/quarantine'),
    ],
    [
      'its tool is switched off',
      'lasting-switched',
      () => switchOff({ kind: 'tool', name: 'lasting-switched' }),
    ],
  ])('ends once %s', async (_, name, end) => {
    const desk = join(executor.folder, 'desk');
    const running = call(name, { path: desk });
    await expect.poll(() => existsSync(join(desk, name)), { timeout: 20_000 }).toBe(true);
    expect((await end()).status).toBeLessThan(300);
    expect((await running).body).toMatchObject(denied('cancelled'));
  });

  test('ends once what it has at hand is denied', async () => {
    const desk = join(executor.folder, 'desk');
    const path = join(desk, 'reached');
    const { policy } = (await api.get('/v1/workspaces/default')).body;
    const put = (deny: readonly string[]) =>
      api.put('/v1/workspaces/default', { policy: { ...policy, deny } });
    const running = call('reaching', { text: path });
    await expect.poll(() => existsSync(path), { timeout: 20_000 }).toBe(true);
    expect((await put([...policy.deny, `tool:file:write:${desk}/*`])).status).toBe(200);
    expect((await running).body).toMatchObject(denied('cancelled'));
    expect((await put(policy.deny)).status).toBe(200);
  });

  test('is not kept for the next call once anybody may do less', async () => {
    const isThere = () => commandLines().some((line) => line.includes(KEPT_MARK));
    expect((await call('kept', { text: 'a' })).body).toMatchObject({ result: 'a' });
    expect(isThere()).toBe(true);
    const subject = { kind: 'user', id: 'leaver' };
    const { body } = await api.post('/v1/tokens', { subject, grants: ['session:read'] });
    expect(isThere()).toBe(true);
    expect((await api.delete(`/v1/tokens/${body.id}`)).status).toBe(204);
    await expect.poll(isThere).toBe(false);
    expect((await call('kept', { text: 'b' })).body).toMatchObject({ result: 'b' });
  });
});

describe('files', () => {
  test('are those that the call was approved for, and no others', async () => {
    const { folder } = executor;
    const path = join(folder, 'shelf/a.txt');
    const other = join(folder, 'shelf/b.md');
    const answer = await call('peek', { path, other });
    expect(JSON.parse(answer.body.result)).toEqual(['of the shelf\n', 'ENOENT']);
  });

  test.each([
    ['that the owner of the machine keeps back', 'vault/secret.txt', 'node_policy_denied'],
    ["that are the executor's own, though granted", '../home/identity.json', 'node_policy_denied'],
    ['behind a link that leads out of what was granted', 'shelf/link.txt', 'host_denied'],
    ['behind a link that leads nowhere', 'shelf/dangling.txt', 'host_denied'],
    ['that do not exist', 'shelf/none.txt', 'host_denied'],
  ])('%s are refused', async (_, path, reason) => {
    const answer = await call('peek', { path: join(executor.folder, path), other: '/x' });
    expect(answer.body).toMatchObject(denied(reason));
  });

  test('are read, listed, searched and written by file-tools', async () => {
    const { folder } = executor;
    const read = await call('read-file', { path: join(folder, 'shelf/a.txt') });
    expect(read.body.result).toBe('of the shelf\n');
    const listed = await call('list-folder', { path: join(folder, 'shelf') });
    expect(JSON.parse(listed.body.result)).toContainEqual({
      name: 'b.md',
      kind: 'file',
      bytes: 19,
    });
    const search = { path: join(folder, 'shelf'), glob: '**/*.md', text: 'words' };
    expect(JSON.parse((await call('search-files', search)).body.result)).toEqual({
      found: [{ path: join(folder, 'shelf/b.md'), line: 2, text: 'some words' }],
      complete: true,
    });
    const path = join(folder, 'desk/new.txt');
    expect((await call('write-file', { path, content: 'kept' })).status).toBe(200);
    expect(readFileSync(path, 'utf8')).toBe('kept');
    const back = await call('write-file', { path: join(folder, 'shelf/a.txt'), content: 'x' });
    expect(back.body).toMatchObject(denied('node_policy_denied'));
  });
});

describe('programs', () => {
  test('run by exec-sandbox answer with their exit code and what they wrote', async () => {
    const turned = await call('run-program', { program: '/usr/bin/tac', stdin: 'b\na\n' });
    expect(JSON.parse(turned.body.result)).toEqual({
      exitCode: 0,
      stdout: 'a\nb\n',
      stderr: '',
      truncated: false,
    });
  });

  test('that write more than there is room for answer the beginning of it', async () => {
    const args = ['1', '1000000'];
    const { body } = await call('run-program', { program: '/usr/bin/seq', args });
    expect(body.result).toMatch(/^{"exitCode":0,"stderr":"","stdout":"1\\n2\\n/);
    expect(parseReceipt(body.receipt.executor.text)).toMatchObject({ truncated: true });
  });

  test('that are shells, interpreters or start others are refused unless the owner allows shells', async () => {
    const names = ['bash', 'sh', 'env', 'setsid', 'flock', 'taskset', 'ionice', 'prlimit', 'tar'];
    for (const program of names.map((name) => `/usr/bin/${name}`)) {
      expect((await call('run-program', { program })).body).toMatchObject(denied('host_denied'));
    }
  });

  test('elsewhere than the owner says are refused', async () => {
    const program = join(executor.folder, 'desk/own');
    writeFileSync(program, '#!/bin/sh\n', { mode: 0o755 });
    expect((await call('run-program', { program })).body).toMatchObject(
      denied('node_policy_denied'),
    );
  });
});

describe('an MCP server from npm', () => {
  test('runs unmodified', async () => {
    const first = await call('mcp-echo', { message: 'hi' });
    expect(first.body.result).toBe('Echo: hi');
    expect((await call('mcp-sum', { a: 2, b: 3 })).body.result).toContain('5');
  });
});

describe('a plugin whose files have changed since the executor started', () => {
  test('is not run under the hash of what they were', async () => {
    const path = join(executor.folder, '../plugins/slow/main.mjs');
    const text = readFileSync(path, 'utf8');
    writeFileSync(path, `process.stdout.write('changed'); process.exit(0);\n${text}`);
    expect((await call('slow', { ms: 1 })).body).toMatchObject({ reason: 'tier_unavailable' });
    // It answers first, and logs then.
    await expect
      .poll(() => executor.log())
      .toContain('its files must be those that it was read with');
    writeFileSync(path, text);
    expect((await call('slow', { ms: 1 })).body.result).toBe('awake');
  });
});

describe('GET /v1/nodes', () => {
  test('says how a node is and what it offers', async () => {
    const { body } = await api.get('/v1/nodes');
    expect(body.nodes).toEqual([
      expect.objectContaining({ id: executor.node, state: 'online', slots: 4, waiting: 0 }),
    ]);
    const names = body.nodes[0].plugins.map(({ name }: { name: string }) => name);
    expect(names).toContain('mcp-everything');
  });

  test('has the state of each call', async () => {
    await call('echo', { text: 'counted' });
    const { body } = await api.get(`/v1/nodes/${executor.node}/calls`);
    expect(body.calls[0]).toMatchObject({ tool: 'echo', state: 'done', outcome: 'ok' });
  });
});

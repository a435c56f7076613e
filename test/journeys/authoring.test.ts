/**
 * From nothing to a plugin that an agent uses, with the commands as they are typed.
 */

import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type Api, callApi } from '../support/api.ts';
import { type CommandLine, commandLine } from '../support/command-line.ts';
import { type Gateway, startGateway } from '../support/gateway.ts';
import { alive, descendants, leftOver } from '../support/processes.ts';

const SOON_MS = 10_000;
const UP_WITHIN_MS = 40_000;

let gateway: Gateway;
let api: Api;
let shell: CommandLine;

beforeAll(async () => {
  gateway = await startGateway({ examples: false });
  api = callApi(gateway);
  shell = commandLine(gateway);
});
afterAll(async () => {
  shell?.dispose();
  await gateway?.dispose();
});

describe.each(['assemblyscript', 'javascript'] as const)('a new plugin in %s', (language) => {
  const name = `hello-${language}`;
  let folder: string;

  beforeAll(async () => {
    folder = await shell.makePlugin(name, language);
  });

  test('passes its own cases in the real tier, and says what they cost', async () => {
    const { exit, out, problems } = await shell.type('plugin', 'test', folder, '--json');
    expect({ exit, problems }).toEqual({ exit: 0, problems: '' });
    const { failed, cases } = JSON.parse(out);
    expect(failed).toBe(0);
    expect(cases[0]).toMatchObject({
      passed: true,
      fuel: expect.any(Number),
      memoryPages: expect.any(Number),
    });
    expect(readdirSync(shell.temporary)).toEqual([]);
  });

  test('is installed, and used by an agent that is asked in plain words; the record says so', async () => {
    const { exit, out } = await shell.type('plugin', 'install', folder);
    expect({ exit, out }).toMatchObject({ exit: 0, out: expect.stringContaining(name) });
    const turn = await api.turn(await api.session(), `Call ${name} to greet the person "Ada"`);
    expect(turn.body.toolCalls).toMatchObject([{ tool: name, status: 'finished' }]);
    expect(turn.body.output).toContain('Hello, Ada!');
    await expect
      .poll(async () => {
        const { body } = await api.get('/v1/audit?action=tool-result');
        return body.records.map(({ event }: { event: { tool?: string } }) => event.tool);
      })
      .toContain(name);
  });
});

describe('plugin test', () => {
  /** A plugin with that code and these cases; it may use its storage, and has settings. */
  async function make(name: string, code: string, cases: readonly object[]): Promise<string> {
    const folder = await shell.makePlugin(name, 'javascript');
    const file = join(folder, 'plugin.json');
    const manifest = JSON.parse(readFileSync(file, 'utf8'));
    const { outputSchema: _, ...tool } = manifest.tools[0];
    const more = {
      capabilities: ['storage:workspace:read', 'storage:workspace:write'],
      config: { type: 'object', properties: { polite: { type: 'boolean' } } },
      tools: [
        { ...tool, inputSchema: { type: 'object', additionalProperties: true }, entry: 'run' },
      ],
    };
    writeFileSync(file, JSON.stringify({ ...manifest, ...more }));
    writeFileSync(join(folder, 'plugin.js'), code);
    writeFileSync(join(folder, 'cases/greets.json'), JSON.stringify(cases));
    return folder;
  }

  test('says of a case that fails where it parts, and what the plugin logged', async () => {
    const code = `export function run({ fails, is }) {
      if (is === 'silent') return {};
      console.warn('asked to', fails ? 'fail' : 'go on');
      if (fails) throw new Error('as told');
      return { a: { b: 2 } };
    }`;
    const folder = await make('failing', code, [
      { expect: { result: { a: { b: 1 } } } },
      { arguments: { fails: true }, expect: { result: {} } },
      { name: 'silent', arguments: { is: 'silent' }, expect: { result: 1 } },
    ]);
    const { exit, out } = await shell.run('plugin', 'test', folder);
    expect(exit).toBe(1);
    expect(out).toMatch(
      /^FAIL greets\.json\[0\] {2}.*\n {5}\/a\/b: expected 1, got 2\n {5}warn: asked to go on$/m,
    );
    expect(out).toMatch(/^ {5}it was denied: dispatch, plugin_error\n {5}warn: asked to fail$/m);
    expect(out).toContain('Error: as told');
    expect(out).toMatch(/^FAIL greets\.json\[2\] silent.*\n.*expected 1.*\n0 passed, 3 failed$/m);
  });

  test('gives a plugin storage and settings of its own; an endless loop is a case like any', async () => {
    const code = `import { config } from 'sallyport:config';
      import { storage } from 'sallyport:storage';
      export function run({ keep, loops }) {
        while (loops);
        const before = storage.get('kept') ?? 'nothing';
        storage.set('kept', keep);
        return [before, config.get('polite')];
      }`;
    const folder = await make('keeping', code, [
      { arguments: { keep: 'this' }, expect: { result: ['nothing', 'true'] } },
      { arguments: { keep: 'that' }, expect: { result: ['this', 'true'] } },
      {
        arguments: { loops: true },
        expect: { denied: { check: 'dispatch', reason: 'fuel' } },
      },
    ]);
    const config = ['--config', '{"polite":true}'];
    const alone = await shell.run('plugin', 'test', folder, ...config);
    expect(alone).toMatchObject({ exit: 0, out: expect.stringContaining('3 passed, 0 failed') });

    // In a gateway that runs on, what was kept is there the next time.
    const first = await shell.run('plugin', 'test', folder, '--local', ...config);
    expect(first.exit).toBe(0);
    const second = await shell.run('plugin', 'test', folder, '--local');
    expect(second.exit).toBe(1);
    expect(second.out).toContain('/0: expected "nothing", got "that"');
  });

  test.each(['text-stats', 'regex-extract', 'kv-notes'])(
    'the example %s passes its own cases where it stands',
    async (name) => {
      const folder = `worker-plugins/${name}`;
      const { exit, out, problems } = await shell.run('plugin', 'test', folder, '--local');
      expect({ exit, problems }).toEqual({ exit: 0, problems: '' });
      expect(out).toContain(' 0 failed');
    },
  );
});

describe('plugin install', () => {
  let folder: string;

  beforeAll(async () => {
    folder = await shell.makePlugin('guarded', 'javascript');
  });

  function edit(change: Readonly<Record<string, unknown>>): void {
    const file = join(folder, 'plugin.json');
    const manifest = JSON.parse(readFileSync(file, 'utf8'));
    writeFileSync(file, JSON.stringify({ ...manifest, ...change }));
  }

  async function setPolicy(plugins: object): Promise<void> {
    const { body } = await api.get('/v1/workspaces/default');
    const changed = await api.put('/v1/workspaces/default', {
      policy: { ...body.policy, plugins },
    });
    expect(changed.status).toBe(200);
  }

  test('shows what a newer version may newly do, and installs it once that is accepted', async () => {
    expect((await shell.run('plugin', 'install', folder)).exit).toBe(0);
    edit({ version: '1.1.0', capabilities: ['tool:network:http:api.example.com:443'] });
    const refused = await shell.run('plugin', 'install', folder);
    expect(refused.exit).toBe(1);
    expect(refused.out).toContain('+ tool:network:http:api.example.com:443');
    const [, digest = ''] = /--accept-growth ([0-9a-f]{64})/.exec(refused.out) ?? [];
    expect((await api.get('/v1/plugins/guarded')).body.version).toBe('1.0.0');
    const other = await shell.run('plugin', 'install', folder, '--accept-growth', 'f'.repeat(64));
    expect(other.exit).toBe(1);
    const accepted = await shell.run('plugin', 'install', folder, '--accept-growth', digest);
    expect(accepted.exit).toBe(0);
    expect((await api.get('/v1/plugins/guarded')).body).toMatchObject({
      version: '1.1.0',
      state: 'running',
    });
  });

  test('sends the signature along, which a workspace can demand', async () => {
    const key = join(shell.folder, 'ada.key');
    const made = await shell.run('plugin', 'keygen', key, '--json');
    await setPolicy({ trustedKeys: [JSON.parse(made.out)], requireSignature: true });
    edit({ version: '1.2.0' });
    const unsigned = await shell.run('plugin', 'install', folder);
    expect(unsigned).toMatchObject({ exit: 1, out: expect.stringContaining('signature_missing') });
    expect((await shell.run('plugin', 'sign', folder, '--key', key)).exit).toBe(0);
    const signed = await shell.run('plugin', 'install', folder);
    expect(signed).toMatchObject({ exit: 0, out: expect.stringMatching(/signed by +ada/) });
    writeFileSync(join(folder, 'plugin.js'), 'export function guarded() { return {}; }');
    edit({ version: '1.3.0' });
    const stale = await shell.run('plugin', 'install', folder);
    expect(stale.exit).toBe(1);
    expect((await api.get('/v1/plugins/guarded')).body).toMatchObject({
      version: '1.2.0',
      signedBy: 'ada',
    });
    await setPolicy({});
  });

  test('installs nothing that the review refuses', async () => {
    const bad = await shell.makePlugin('bad', 'javascript');
    writeFileSync(join(bad, 'plugin.js'), 'export function another() {}');
    const { exit, out } = await shell.type('plugin', 'install', bad);
    expect(exit).toBe(1);
    expect(out).toContain('entry_missing');
    expect((await api.get('/v1/plugins/bad')).status).toBe(404);
  });
});

describe('a plugin that does not start', () => {
  test('says why, to whom installs it and in its log', async () => {
    const folder = await shell.makePlugin('unready', 'javascript');
    const source =
      "export function unready() {}\nexport function sallyport_self_test() {\n  throw new Error('no tables');\n}\n";
    writeFileSync(join(folder, 'plugin.js'), source);
    for (const command of ['install', 'test']) {
      const { exit, problems } = await shell.type('plugin', command, folder);
      expect(exit).toBe(1);
      expect(problems).toContain('must start, and did not: plugin_error');
      expect(problems).toMatch(/error: Error: no tables\n.*at sallyport_self_test \(plugin\.js:3/);
    }
    const { body } = await api.get('/v1/plugins/unready/logs');
    expect(body.calls).toMatchObject([{ version: '1.0.0', outcome: 'plugin_error' }]);
    expect(body.calls[0]).not.toHaveProperty('tool');
  });
});

describe('plugin inspect', () => {
  test('says offline what an upload is told, and what to ask for', async () => {
    const folder = await shell.makePlugin('curious', 'javascript');
    const source = "import { fetch } from 'sallyport:http';\nexport function curious() {}\n";
    writeFileSync(join(folder, 'plugin.js'), source);
    const refused = await shell.run('plugin', 'inspect', folder);
    expect(refused.exit).toBe(1);
    expect(refused.out).toContain('capability_missing');
    expect(refused.out).toContain('Suggested: "capabilities": ["tool:network:http:<host>:<port>"]');
    const module = 'build/plugins/http-fetch/plugin.wasm';
    const wasm = await shell.run('plugin', 'inspect', module, '--no-manifest', '--json');
    expect(wasm.exit).toBe(0);
    expect(JSON.parse(wasm.out).capabilities.needed).toMatchObject([
      { family: 'tool:network:http', suggested: ['tool:network:http:<host>:<port>'] },
    ]);
  });
});

describe('interrupting plugin test', () => {
  let all: number[] = [];
  let folder: string;

  beforeAll(async () => {
    folder = await shell.makePlugin('interrupted', 'javascript');
  });
  afterEach(() => {
    for (const pid of alive(all)) process.kill(pid, 'SIGKILL'); // none, unless the test has failed
  });

  test.each([
    ['SIGINT', 0],
    ['SIGTERM', 0],
    ['SIGKILL', 1],
  ] as const)('with %s leaves no process', async (signal, foldersLeft) => {
    const { npx, ended } = shell.start('plugin', 'test', folder);
    const isServing = () =>
      descendants(npx.pid!).some((pid) => commandOf(pid).includes('serve.mjs'));
    await expect.poll(isServing, { timeout: UP_WITHIN_MS }).toBe(true);
    all = descendants(npx.pid!);
    expect(readdirSync(shell.temporary)).toHaveLength(1);
    process.kill(findCommand(all), signal);
    expect(await leftOver(all, SOON_MS)).toEqual([]);
    await ended;
    // Nobody is left to remove it after a SIGKILL: the next of its kind does.
    expect(readdirSync(shell.temporary)).toHaveLength(foldersLeft);
    if (foldersLeft === 0) return;
    await shell.run('plugin', 'test', folder);
    expect(readdirSync(shell.temporary)).toEqual([]);
  });
});

/** The innermost of ours: on an old Node there is one more, which only hands over. */
function findCommand(all: readonly number[]): number {
  const ours = all.filter((pid) => /^\S*node .*sallyport(\.mjs)? plugin test/.test(commandOf(pid)));
  const innermost = ours.find(
    (pid) => !ours.some((o) => o !== pid && descendants(pid).includes(o)),
  );
  if (innermost === undefined) throw new Error('the command does not run');
  return innermost;
}

/** Its command line; empty if it is gone by now. */
function commandOf(pid: number): string {
  const { stdout } = spawnSync('ps', ['-o', 'args=', '-p', String(pid)], { encoding: 'utf8' });
  return stdout;
}

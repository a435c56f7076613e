import { once } from 'node:events';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { EXIT } from '../../src/cli/exit-code.ts';
import { locateHome } from '../../src/executor/executor-home.ts';
import { writeIdentity } from '../../src/executor/identity.ts';
import { runCommand, temporaryFolder } from './support/run-command.ts';

const doctor = (folder: string) => runCommand('executor', 'doctor', '--home', folder);

function writeContainerPlugin(folder: string): void {
  mkdirSync(join(folder, 'boxed'));
  const manifest = {
    ...{ name: 'boxed', version: '1.0.0', kind: 'tool', tier: 'container', license: 'MIT' },
    capabilities: [],
    tools: [{ name: 'boxed', description: 'Says hello', inputSchema: { type: 'object' } }],
    container: { image: `ghcr.io/x/y@sha256:${'a'.repeat(64)}`, command: ['/bin/hello'] },
  };
  writeFileSync(join(folder, 'boxed/plugin.json'), JSON.stringify(manifest));
}

describe('executor doctor', () => {
  test('looks at a machine that is not enrolled and has no policy', async () => {
    const folder = temporaryFolder();
    const { exit, out, problems } = await doctor(folder);
    expect(problems).toBe('');
    expect(out).toContain('not enrolled: see "executor enrol"');
    expect(out).toContain(`nothing runs before there is "${join(folder, 'executor.toml')}"`);
    // The machine of the test may have no bubblewrap, which is an answer too.
    const hasTier = out.includes('tier process: ');
    expect(exit).toBe(hasTier ? EXIT.ok : EXIT.finding);
    expect(hasTier || out.includes('Cannot make process sandboxes')).toBe(true);
  });

  test('takes the policy that is there, and finds the plugin that it has not', async () => {
    const folder = temporaryFolder();
    const policy = `plugin_folder = "${folder}"\nplugins = ["absent"]\ntiers = ["process"]\n`;
    writeFileSync(join(folder, 'executor.toml'), policy);
    const { exit, out } = await doctor(folder);
    expect(out).toContain('plugin absent cannot run: its folder must exist');
    expect(exit).toBe(EXIT.finding);
  });

  test('says where the image of a plugin is to come from, and finds one that cannot be had', async () => {
    const folder = temporaryFolder();
    writeContainerPlugin(folder);
    const look = async (section: string) => {
      const head = `plugin_folder = "${folder}"\nplugins = ["boxed"]\ntiers = ["container"]`;
      const policy = `${head}\n[container]\n${section}\n`;
      writeFileSync(join(folder, 'executor.toml'), policy);
      return doctor(folder);
    };
    expect((await look('driver = "engine"')).out).toContain('image: the engine has it');
    const bundle = 'driver = "bundle"';
    const { exit, out } = await look(bundle);
    expect(out).toContain('plugin boxed cannot run: its image must lie beside it');
    expect(exit).toBe(EXIT.finding);
    const pulled = await look(`${bundle}\nregistries = ["ghcr.io"]`);
    expect(pulled.out).toContain('image: pulled at the next start');
    mkdirSync(join(folder, 'boxed/image'));
    expect((await look(bundle)).out).toContain('image: beside it');
  });

  test.each([
    [
      45,
      'the clock of this machine is [34]\\d s behind the gateway’s, and must be within 30 s of it',
    ],
    [-45, 'the clock of this machine is [45]\\d s ahead of the gateway’s'],
    [0, undefined],
  ])('compares its clock with a gateway’s that is %i s ahead', async (seconds, sentence) => {
    const gateway = createServer((_, response) => {
      response.setHeader('Date', new Date(Date.now() + seconds * 1_000).toUTCString());
      response.end('{"status":"ok"}');
    });
    await once(gateway.listen(0, '127.0.0.1'), 'listening');
    const gatewayUrl = `http://127.0.0.1:${(gateway.address() as AddressInfo).port}`;
    const home = locateHome({}, temporaryFolder());
    const names = { workspace: 'default', node: 'node_1', name: 'test' };
    writeIdentity(home, { gatewayUrl, ...names, gatewayKey: 'A'.repeat(43), privateKey: 'key' });
    const { exit, out } = await doctor(home.folder);
    gateway.close();
    if (sentence === undefined) expect(out).not.toContain('clock');
    else expect(out).toMatch(new RegExp(sentence));
    if (sentence !== undefined) expect(exit).toBe(EXIT.finding);
  });

  test('does not take an identity that others can read for one that is missing', async () => {
    const folder = temporaryFolder();
    const file = join(folder, 'identity.json');
    writeFileSync(file, '{}');
    chmodSync(file, 0o644);
    const { exit, out } = await doctor(folder);
    expect(out).toContain('must be readable by its owner alone');
    expect(out).not.toContain('not enrolled');
    expect(exit).toBe(EXIT.finding);
  });

  test('refuses a policy that others can change, or exchange', async () => {
    const folder = temporaryFolder();
    const file = join(folder, 'executor.toml');
    writeFileSync(file, `plugin_folder = "${folder}"\n`);
    const look = async (folderMode: number, fileMode: number) => {
      chmodSync(folder, folderMode);
      chmodSync(file, fileMode);
      const { exit, problems } = await doctor(folder);
      if (exit === EXIT.usage) expect(problems).toContain('must be writable by its owner alone');
      return exit === EXIT.usage;
    };
    expect(await look(0o755, 0o664)).toBe(true);
    expect(await look(0o755, 0o646)).toBe(true);
    expect(await look(0o775, 0o600)).toBe(true);
    expect(await look(0o755, 0o644)).toBe(false);
    // Nobody else gets to it.
    expect(await look(0o700, 0o664)).toBe(false);
  });

  test('refuses a policy that it cannot read', async () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'executor.toml'), 'plugins = 7\n');
    expect((await doctor(folder)).exit).toBe(EXIT.usage);
  });
});

test('help says what the command line is for', async () => {
  const { exit, out } = await runCommand('help');
  expect(exit).toBe(EXIT.ok);
  expect(out.split('\n')[0]).toBe(
    'Sallyport: an agent gateway. Plugins, receipts, tokens, policies, audits and executors',
  );
  for (const name of ['doctor', 'security audit', 'executor doctor']) {
    expect(out).toContain(`npx --no sallyport ${name} `);
  }
});

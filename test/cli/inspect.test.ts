import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { runCommand, temporaryFolder } from './support/run-command.ts';

const EMPTY = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00];

/** A module that imports a function `(i64, i64) -> i64` of this name from `module`. */
function importing(module: string, name: string): readonly number[] {
  const text = (value: string) => [Buffer.byteLength(value), ...Buffer.from(value)];
  const type = [0x01, 0x07, 0x01, 0x60, 0x02, 0x7e, 0x7e, 0x01, 0x7e];
  const entry = [0x01, ...text(module), ...text(name), 0x00, 0x00];
  return [...EMPTY, ...type, 0x02, entry.length, ...entry];
}

const MANIFEST = {
  name: 'nothing',
  version: '1.0.0',
  kind: 'tool',
  tier: 'wasm',
  license: 'MIT',
  capabilities: [],
};

function folderWith(bytes: readonly number[], manifest?: object): string {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'plugin.wasm'), Uint8Array.from(bytes));
  if (manifest) writeFileSync(join(folder, 'plugin.json'), JSON.stringify(manifest));
  return folder;
}

describe('plugin inspect', () => {
  test('reviews a folder, and a module beside its manifest', async () => {
    const folder = folderWith(EMPTY, MANIFEST);
    for (const path of [folder, join(folder, 'plugin.wasm')]) {
      const { exit, out } = await runCommand('plugin', 'inspect', path);
      expect({ exit, out }).toMatchObject({
        exit: 0,
        out: expect.stringMatching(/^nothing 1\.0\.0/),
      });
      expect(out).toContain('Suggested: "capabilities": []');
    }
  });

  test('reviews code for which there is no manifest, and nothing but the code', async () => {
    const folder = folderWith(EMPTY);
    const { exit, out } = await runCommand('plugin', 'inspect', join(folder, 'plugin.wasm'));
    expect(exit).toBe(0);
    expect(out).toContain('No manifest');
    expect(out).not.toContain('asks for');
    const beside = folderWith(EMPTY, { name: 'not a manifest' });
    const alone = ['plugin', 'inspect', join(beside, 'plugin.wasm')];
    expect((await runCommand(...alone)).exit).toBe(1);
    expect((await runCommand(...alone, '--no-manifest')).exit).toBe(0);
  });

  test('reviews what has no code beside its manifest: for a machine, or of a remote server', async () => {
    const folder = temporaryFolder();
    const write = (manifest: object) =>
      writeFileSync(join(folder, 'plugin.json'), JSON.stringify(manifest));
    const process = { command: ['/bin/true'] };
    write({ ...MANIFEST, tier: 'process', capabilities: ['tool:file:read'], process });
    const machine = await runCommand('plugin', 'inspect', folder);
    expect(machine).toMatchObject({
      exit: 0,
      out: expect.stringContaining('asks for tool:file:read'),
    });
    write({ ...MANIFEST, tier: 'process', process, extra: 1 });
    expect((await runCommand('plugin', 'inspect', folder)).out).toContain('manifest_invalid');
    write({ name: 'far', version: '1.0.0', license: 'MIT', remote: { url: 'no address' } });
    const remote = await runCommand('plugin', 'inspect', folder);
    expect(remote).toMatchObject({ exit: 1, out: expect.stringContaining('/remote/url') });
    expect((await runCommand('plugin', 'test', folder)).exit).not.toBe(0);
  });

  test('suggests what an import needs', async () => {
    const folder = folderWith(importing('extism:host/env', 'http_request'), MANIFEST);
    const { exit, out } = await runCommand('plugin', 'inspect', folder);
    expect(exit).toBe(1);
    expect(out).toContain('capability_missing');
    expect(out).toContain('Suggested: "capabilities": ["tool:network:http:<host>:<port>"]');
  });

  test('refuses what is no module or imports what nobody offers, and shows no name raw', async () => {
    const noise = await runCommand('plugin', 'inspect', folderWith([1, 2, 3, 4], MANIFEST));
    expect(noise).toMatchObject({ exit: 1, out: expect.stringContaining('module_invalid') });
    const evil = folderWith(importing('env', '\u001b[2J\r\n\u009b'), MANIFEST);
    const { exit, out } = await runCommand('plugin', 'inspect', evil);
    expect(exit).toBe(1);
    expect(out).toContain('import_unsupported');
    // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what is looked for
    expect(out).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/);
  });

  test('has one way to name a manifest', async () => {
    const folder = folderWith(EMPTY, MANIFEST);
    const { exit } = await runCommand(
      ...['plugin', 'inspect', join(folder, 'plugin.wasm'), '--no-manifest'],
      ...['--manifest', join(folder, 'plugin.json')],
    );
    expect(exit).toBe(2);
  });
});

test('executor inspect names a folder that is not there', async () => {
  const missing = join(temporaryFolder(), 'missing');
  expect(await runCommand('executor', 'inspect', missing)).toMatchObject({
    exit: 2,
    problems: expect.stringContaining('there is no such folder'),
  });
  const folder = temporaryFolder();
  const process = { protocol: 'mcp', command: ['node', '/plugin/serve.mjs'] };
  writeFileSync(
    join(folder, 'plugin.json'),
    JSON.stringify({ ...MANIFEST, tier: 'process', process }),
  );
  const inspect = ['executor', 'inspect', folder, '--tools', '--read', missing];
  expect(await runCommand(...inspect)).toMatchObject({
    exit: 2,
    problems: expect.stringContaining(`Cannot read "${missing}"`),
  });
});

import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readCases } from '../../src/cli/cases/case-file.ts';
import { readPlugin } from '../../src/cli/plugin/plugin-files.ts';
import { parsePluginName } from '../../src/cli/scaffold/plugin-name.ts';
import { LANGUAGES } from '../../src/cli/scaffold/templates.ts';
import { writeScaffold } from '../../src/cli/scaffold/write-scaffold.ts';
import { runCommand, temporaryFolder } from './support/run-command.ts';

const ROOT = join(import.meta.dirname, '../..');

describe('parsePluginName()', () => {
  test.each(['a', 'hello', 'hello-2', 'a'.repeat(64), 'a--b', 'x-'])('accepts "%s"', (name) => {
    expect(parsePluginName(name)).toEqual({
      ok: true,
      value: { name, entry: name.replaceAll('-', '_') },
    });
  });

  test.each(
    [
      ['', 'a'.repeat(65), 'Hello', '2x', '-x', 'a_b', 'a b', 'a.b', 'ä', 'a\n', 'a\u001b[2J'],
      ['.', '..', '../x', 'a/b', '/tmp/x', 'a\\b', '~', 'C:x', '{{name}}', 'a\0b'],
      ['delete', 'class', 'new', 'default', 'await', 'export'],
    ].flat(),
  )('refuses %j', (name) => {
    expect(parsePluginName(name).ok).toBe(false);
  });
});

describe.each(LANGUAGES)('plugin new --lang %s', (language) => {
  async function make(name = 'hello-there') {
    const folder = temporaryFolder();
    const ran = await runCommand('plugin', 'new', name, '--lang', language, '--dir', folder);
    return { ran, folder, plugin: join(folder, name) };
  }

  test('makes a manifest that is valid and names an entry, with cases that can be read', async () => {
    const { ran, plugin } = await make();
    expect(ran).toMatchObject({ exit: 0, problems: '' });
    writeFileSync(join(plugin, 'plugin.wasm'), ''); // what a build would make
    const { manifest } = readPlugin(plugin).manifest;
    expect(manifest).toMatchObject({ name: 'hello-there', capabilities: [] });
    expect(manifest.tools).toMatchObject([{ name: 'hello-there', entry: 'hello_there' }]);
    expect(readCases(plugin).length).toBeGreaterThan(1);
  });

  test('leaves no placeholder, and lists every file that it made', async () => {
    const { ran, plugin } = await make();
    const files = readdirSync(plugin, { recursive: true, withFileTypes: true }).filter((entry) =>
      entry.isFile(),
    );
    expect(files.length).toBeGreaterThan(3);
    for (const { parentPath, name } of files) {
      expect(readFileSync(join(parentPath, name), 'utf8')).not.toMatch(/__name__|__entry__|_dot_/);
      expect(ran.out).toContain(name);
    }
  });

  test('never writes where something is already', async () => {
    const { folder, plugin } = await make();
    const before = readFileSync(join(plugin, 'plugin.json'), 'utf8');
    writeFileSync(join(plugin, 'plugin.json'), 'mine');
    const again = await runCommand(
      ...['plugin', 'new', 'hello-there', '--lang', language, '--dir', folder],
    );
    expect(again.exit).toBe(2);
    expect(again.problems).toContain('it must not exist yet');
    expect(readFileSync(join(plugin, 'plugin.json'), 'utf8')).toBe('mine');
    expect(before).toContain('hello-there');
  });
});

describe('plugin new', () => {
  test.each(['../x', '/tmp/x', 'a/../../b', '..'])('makes nothing of the name %j', async (name) => {
    const folder = temporaryFolder();
    const inner = join(folder, 'inner');
    mkdirSync(inner);
    const ran = await runCommand('plugin', 'new', name, '--lang', 'javascript', '--dir', inner);
    expect(ran.exit).toBe(2);
    expect(readdirSync(folder, { recursive: true })).toEqual(['inner']);
  });

  test('follows no link that waits under the name, a dangling one neither', async () => {
    const folder = temporaryFolder();
    symlinkSync(join(folder, 'elsewhere'), join(folder, 'trap'));
    const ran = await runCommand('plugin', 'new', 'trap', '--lang', 'javascript', '--dir', folder);
    expect(ran.exit).toBe(2);
    expect(existsSync(join(folder, 'elsewhere'))).toBe(false);
    expect(readlinkSync(join(folder, 'trap'))).toBe(join(folder, 'elsewhere'));
  });

  test.each([[[]], [['--lang', 'cobol']]])('asks for a language it knows (%j)', async (words) => {
    const folder = temporaryFolder();
    const ran = await runCommand('plugin', 'new', 'a', ...words, '--dir', folder);
    expect(ran.exit).toBe(2);
    expect(ran.problems).toContain('assemblyscript or javascript');
    expect(readdirSync(folder)).toEqual([]);
  });

  test('needs the folder around it to exist', async () => {
    const folder = join(temporaryFolder(), 'missing');
    const ran = await runCommand('plugin', 'new', 'a', '--lang', 'javascript', '--dir', folder);
    expect(ran.exit).toBe(2);
    expect(ran.problems).toContain('the folder around it must exist');
  });
});

describe('writeScaffold()', () => {
  test('takes away again what it could not finish', () => {
    const folder = join(temporaryFolder(), 'half');
    const files = new Map([
      ['a', 'a file'],
      ['a/b', 'cannot be: "a" is no folder'],
    ]);
    expect(() => writeScaffold(folder, files)).toThrow('Cannot fill');
    expect(existsSync(folder)).toBe(false);
  });
});

test('a scaffold pins the tools that this project itself is built with', () => {
  const read = (path: string) => JSON.parse(readFileSync(join(ROOT, path), 'utf8'));
  const pinned = read('worker-plugins/templates/assemblyscript/package.json').devDependencies;
  const own = read('package.json').devDependencies;
  expect(Object.keys(pinned).sort()).toEqual(['@extism/as-pdk', 'assemblyscript']);
  for (const [name, version] of Object.entries(pinned)) expect(own[name]).toBe(version);
});

import { linkSync, mkdirSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { hashFiles, traceFiles } from '../../src/executor/files-hash.ts';
import {
  isAsRead,
  type LocalPlugin,
  readDraftPlugin,
  readLocalPlugin,
} from '../../src/executor/plugin-catalogue.ts';
import { writePlugin } from '../support/executor.ts';
import { ECHO } from '../support/executor-plugins.ts';
import { makeFolder } from './support/host-folders.ts';

let folder: string;
let plugin: LocalPlugin;

beforeEach(() => {
  const plugins = makeFolder();
  writePlugin(plugins, {
    ...ECHO,
    populate: (own) => {
      mkdirSync(join(own, 'lib/deep'), { recursive: true });
      for (let file = 0; file < 600; file++) writeFileSync(join(own, `lib/deep/${file}.js`), 'x');
    },
  });
  folder = join(plugins, 'echo');
  const read = readLocalPlugin(folder);
  if (!read.ok) throw new Error(read.error);
  plugin = read.value;
});

describe('isAsRead()', () => {
  test('holds as long as nobody touches the files', async () => {
    expect(await isAsRead(plugin)).toBe(true);
    expect(await isAsRead(plugin)).toBe(true);
  });

  test.each<[string, () => void]>([
    [
      'is changed, also where its size and its time are not',
      () => {
        writeFileSync(join(folder, 'lib/deep/7.js'), 'y');
        utimesSync(join(folder, 'lib/deep/7.js'), 1, 1);
      },
    ],
    ['is added', () => writeFileSync(join(folder, 'lib/new.js'), 'x')],
    ['is removed', () => rmSync(join(folder, 'lib/deep/7.js'))],
    [
      'becomes a link',
      () => {
        rmSync(join(folder, 'lib/deep/7.js'));
        symlinkSync('8.js', join(folder, 'lib/deep/7.js'));
      },
    ],
    ['is gone with all others', () => rmSync(folder, { recursive: true })],
  ])('does not when a file %s', async (_what, change) => {
    change();
    expect(await isAsRead(plugin)).toBe(false);
  });

  test('holds again when they are what they were', async () => {
    const path = join(folder, 'lib/deep/7.js');
    writeFileSync(path, 'y');
    expect(await isAsRead(plugin)).toBe(false);
    writeFileSync(path, 'x');
    expect(await isAsRead(plugin)).toBe(true);
  });

  test('knows them again once they were hashed after somebody has touched them', async () => {
    linkSync(join(folder, 'lib/deep/7.js'), join(folder, '../backup'));
    expect(await traceFiles(folder)).not.toBe(plugin.trace);
    expect(await isAsRead(plugin)).toBe(true);
    expect(await traceFiles(folder)).toBe(plugin.trace);
  });
});

describe('readDraftPlugin()', () => {
  const draft = {
    ...{ name: 'draft', version: '1.0.0', kind: 'tool', tier: 'process', license: 'MIT' },
    ...{ capabilities: [], process: { protocol: 'mcp', command: ['/plugin/serve'] } },
  };
  const write = (manifest: object) => {
    const own = makeFolder();
    writeFileSync(join(own, 'serve'), 'x');
    writeFileSync(join(own, 'plugin.json'), JSON.stringify(manifest));
    const files = hashFiles(own);
    if (!files.ok) throw new Error(files.error);
    return { own, sha256: files.value.sha256 };
  };

  test('takes a server whose files and tools nobody has pinned yet, or pinned as they were', () => {
    const { own, sha256 } = write(draft);
    expect(readLocalPlugin(own)).toMatchObject({ ok: false });
    expect(readDraftPlugin(own, sha256)).toMatchObject({ ok: true, value: { name: 'draft' } });
    const old = { definitions: { a: '0'.repeat(64) }, filesSha256: '0'.repeat(64) };
    const later = write({ ...draft, process: { ...draft.process, ...old } });
    expect(readDraftPlugin(later.own, later.sha256)).toMatchObject({ ok: true });
  });

  test('says what else is wrong with its manifest', () => {
    const { own, sha256 } = write({ ...draft, version: '1' });
    expect(readDraftPlugin(own, sha256)).toMatchObject({
      ok: false,
      error: expect.stringContaining('/version'),
    });
  });
});

test('hashFiles() says how npm is kept from making links', () => {
  symlinkSync('lib', join(folder, 'link'));
  expect(hashFiles(folder)).toMatchObject({
    ok: false,
    error: expect.stringContaining('--no-bin-links'),
  });
});

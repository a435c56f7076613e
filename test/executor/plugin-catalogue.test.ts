import { linkSync, mkdirSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { traceFiles } from '../../src/executor/files-hash.ts';
import {
  isAsRead,
  type LocalPlugin,
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

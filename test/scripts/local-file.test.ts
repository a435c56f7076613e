import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { temporaryFolder } from './support/run-script.ts';

const LOCAL = { url: 'http://127.0.0.1:1', token: 'a token', workspace: 'default' };

/** The module reads its setting once, as the starter does. */
async function localFile(file: string) {
  vi.stubEnv('SALLYPORT_LOCAL_FILE', file);
  vi.resetModules();
  return import('../../scripts/local-file.mjs');
}

describe('the local file', () => {
  beforeEach(() => () => vi.unstubAllEnvs());

  test('says where the gateway is, to its owner alone', async () => {
    const file = join(temporaryFolder(), 'a folder/local.json');
    (await localFile(file)).writeLocalFile(LOCAL);
    expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual({ ...LOCAL, pid: process.pid });
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(statSync(join(file, '..')).mode & 0o077).toBe(0);
    expect(readdirSync(join(file, '..'))).toEqual(['local.json']);
  });

  test('is private even where a file of the same name was not', async () => {
    const file = join(temporaryFolder(), 'local.json');
    for (const name of [file, `${file}.${process.pid}`]) writeFileSync(name, '', { mode: 0o666 });
    (await localFile(file)).writeLocalFile(LOCAL);
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  test('is removed with its gateway', async () => {
    const file = join(temporaryFolder(), 'local.json');
    const { writeLocalFile, forgetLocalFile } = await localFile(file);
    writeLocalFile(LOCAL);
    forgetLocalFile();
    expect(existsSync(file)).toBe(false);
    forgetLocalFile();
  });

  test.each([
    ['of another gateway', JSON.stringify({ ...LOCAL, pid: process.pid + 1 })],
    ['that is not ours to read', 'no JSON'],
  ])('is left alone when it is one %s', async (_, text) => {
    const file = join(temporaryFolder(), 'local.json');
    mkdirSync(join(file, '..'), { recursive: true });
    writeFileSync(file, text);
    (await localFile(file)).forgetLocalFile();
    expect(readFileSync(file, 'utf8')).toBe(text);
  });
});

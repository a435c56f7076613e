import { chmodSync, existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readLocalSecrets } from '../../scripts/local-secrets.mjs';
import { runModule, temporaryFolder } from './support/run-script.ts';

const KEY = 'AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8';

function secretsFile(...lines: readonly string[]): string {
  const file = join(temporaryFolder(), '.dev.vars');
  if (lines.length > 0) writeFileSync(file, lines.join('\n'));
  return file;
}

describe('readLocalSecrets() without a file', () => {
  test('makes one that only its owner can read', () => {
    const file = secretsFile();
    const umask = process.umask(0);
    readLocalSecrets(file);
    process.umask(umask);
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  test('makes secrets of 32 bytes, others each time', () => {
    const [one, two] = [readLocalSecrets(secretsFile()), readLocalSecrets(secretsFile())];
    for (const { SALLYPORT_MASTER_KEY, SALLYPORT_ROOT_TOKEN } of [one, two]) {
      expect(SALLYPORT_MASTER_KEY).toMatch(/^[\w-]{43}$/);
      expect(SALLYPORT_ROOT_TOKEN).toMatch(/^sproot_[\w-]{43}$/);
    }
    expect(one.SALLYPORT_MASTER_KEY).not.toBe(two.SALLYPORT_MASTER_KEY);
    expect(one.SALLYPORT_ROOT_TOKEN).not.toBe(two.SALLYPORT_ROOT_TOKEN);
  });

  test('makes it once: a second start reads the same, and nothing else is left beside it', () => {
    const file = secretsFile();
    const first = readLocalSecrets(file);
    expect(readLocalSecrets(file)).toEqual(first);
    expect(readdirSync(join(file, '..'))).toEqual(['.dev.vars']);
  });

  test('gives all starts of one moment the same secrets', async () => {
    const folder = temporaryFolder();
    const code = `
      const { readLocalSecrets } = await import(scripts + '/local-secrets.mjs');
      console.log(JSON.stringify(readLocalSecrets('.dev.vars')));`;
    const ends = await Promise.all([1, 2, 3, 4].map(() => runModule(code, folder).ended));
    expect(ends.map(({ exit }) => exit)).toEqual([0, 0, 0, 0]);
    expect(new Set(ends.map(({ output }) => output)).size).toBe(1);
  });
});

describe('readLocalSecrets() with a file', () => {
  const needed = [`SALLYPORT_MASTER_KEY=${KEY}`, 'SALLYPORT_ROOT_TOKEN=root'];

  test.each([
    ['bare', 'NAME=a b', 'a b'],
    ['with a comment behind it', 'NAME=a # b', 'a'],
    ['in double quotes', 'NAME="a # b"', 'a # b'],
    ['in single quotes', 'NAME=\'a "b"\'', 'a "b"'],
    ['exported, with spaces around', '  export NAME = a  ', 'a'],
    ['empty', 'NAME=', ''],
  ])('reads a value %s', (_, line, value) => {
    const secrets = readLocalSecrets(secretsFile(line, ...needed));
    expect(secrets).toEqual({
      NAME: value,
      SALLYPORT_MASTER_KEY: KEY,
      SALLYPORT_ROOT_TOKEN: 'root',
    });
  });

  test('reads lines that end as on Windows', () => {
    const file = secretsFile(`${needed.join('\r\n')}\r\n`);
    expect(readLocalSecrets(file).SALLYPORT_ROOT_TOKEN).toBe('root');
  });

  test.each([
    ['both are missing', ['OPENAI_API_KEY=x'], 'SALLYPORT_MASTER_KEY and SALLYPORT_ROOT_TOKEN'],
    ['the token is commented out', [needed[0] ?? '', '# SALLYPORT_ROOT_TOKEN=x'], 'ROOT_TOKEN'],
    ['the token is empty', [needed[0] ?? '', 'SALLYPORT_ROOT_TOKEN='], 'ROOT_TOKEN'],
    ['the key is too short', [`SALLYPORT_MASTER_KEY=${KEY.slice(2)}`, needed[1] ?? ''], '32 bytes'],
    ['the key is too long', [`SALLYPORT_MASTER_KEY=${KEY}AA`, needed[1] ?? ''], '32 bytes'],
    ['the key is not base64url', [`SALLYPORT_MASTER_KEY=${KEY.slice(1)}+`, needed[1] ?? ''], '32'],
  ])('refuses it when %s, names the file, and leaves it as it is', (_, lines, sentence) => {
    const file = secretsFile(...lines);
    expect(() => readLocalSecrets(file)).toThrow(sentence);
    expect(() => readLocalSecrets(file)).toThrow(`Cannot use the secrets in "${file}"`);
    expect(readFileSync(file, 'utf8')).toBe(lines.join('\n'));
  });

  test('says no value in the refusal', () => {
    const file = secretsFile(
      'SALLYPORT_MASTER_KEY=dont-print-me',
      'SALLYPORT_ROOT_TOKEN=me-neither',
    );
    expect(() => readLocalSecrets(file)).toThrow(expect.not.stringMatching(/print-me|neither/));
  });

  test('leaves its mode to its owner', () => {
    const file = secretsFile(...needed);
    chmodSync(file, 0o640);
    readLocalSecrets(file);
    expect(statSync(file).mode & 0o777).toBe(0o640);
    expect(existsSync(file)).toBe(true);
  });
});

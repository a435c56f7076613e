import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readBytes, readJson, readText } from '../../src/cli/read-file.ts';
import { temporaryFolder } from './support/run-command.ts';

function file(content: string | Uint8Array): string {
  const path = join(temporaryFolder(), 'file');
  writeFileSync(path, content);
  return path;
}

describe('readBytes()', () => {
  test('reads a file of exactly as many bytes as it may have, and none larger', () => {
    const path = file('12345');
    expect(readBytes(path, 5)).toEqual(new Uint8Array([49, 50, 51, 52, 53]));
    expect(() => readBytes(path, 4)).toThrow('it must have at most 4 bytes');
  });

  test('says what is not there, or no file', () => {
    expect(() => readBytes(join(temporaryFolder(), 'none'), 1)).toThrow('there is no such file');
    expect(() => readBytes(temporaryFolder(), 1)).toThrow('it must be a file');
    expect(() => readBytes('a\0b', 1)).toThrow('Cannot read');
  });

  test('reads no device and waits for no pipe: either may never end', () => {
    const pipe = join(temporaryFolder(), 'pipe');
    execFileSync('mkfifo', [pipe]);
    expect(() => readBytes(pipe, 1)).toThrow('it must be a file');
    expect(() => readBytes('/dev/zero', 1)).toThrow('it must be a file');
  });
});

describe('readText()', () => {
  test('reads UTF-8 and nothing that only looks like it', () => {
    expect(readText(file('grüße'), 100)).toBe('grüße');
    expect(() => readText(file(new Uint8Array([0xff, 0xfe])), 100)).toThrow('it must be UTF-8');
  });
});

describe('readJson()', () => {
  test('reads what every reader understands alike', () => {
    expect(readJson(file('{"a":[1]}'), 100)).toEqual({ a: [1] });
    expect(() => readJson(file('{"a":1,"a":2}'), 100)).toThrow('must not repeat a key');
    expect(() => readJson(file('{"a":1'), 100)).toThrow('it must be JSON');
  });
});

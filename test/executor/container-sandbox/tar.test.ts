import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { FileTree } from '../../../src/executor/container-sandbox/files/file-tree.ts';
import { readTar } from '../../../src/executor/container-sandbox/files/read-tar.ts';
import {
  paddingAfter,
  writeTarHeader,
} from '../../../src/executor/container-sandbox/files/tar-header.ts';
import { writeTar } from '../../../src/executor/container-sandbox/files/write-tar.ts';

const WIDE = { maxEntries: 100, maxBytes: 1024 * 1024 };
const END = Buffer.alloc(1024);

async function* inPieces(bytes: Buffer, size = 700): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

function entry(name: string, type: string, bytes: Buffer = Buffer.alloc(0)): Buffer {
  const header = writeTarHeader({ name, mode: 0o644, size: bytes.length, type });
  return Buffer.concat([header, bytes, Buffer.alloc(paddingAfter(bytes.length))]);
}

const read = (bytes: Buffer, bounds = WIDE) => readTar(inPieces(bytes), bounds);
const file = (path: string, text = ''): FileTree[number] => ({
  ...{ path, bytes: Buffer.from(text), isExecutable: false },
});

describe('readTar()', () => {
  test('reads what writeTar() writes, whatever the names and bytes', async () => {
    const step = fc.stringMatching(/^[a-zA-Zäöü字 ._-]{1,60}$/).filter((s) => !/^\.{1,2}$/.test(s));
    const path = fc.array(step, { minLength: 1, maxLength: 6 }).map((steps) => steps.join('/'));
    const one = fc.record({
      path,
      bytes: fc.uint8Array({ maxLength: 2000 }).map((bytes) => Buffer.from(bytes)),
      isExecutable: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(one, { maxLength: 8 }), async (tree) => {
        expect(await read(writeTar(tree))).toEqual(tree);
      }),
      { numRuns: 50 },
    );
  });

  test('reads what the tar of this machine writes, and the other way round', async () => {
    const long = `${'x'.repeat(90)}/${'y'.repeat(90)}`;
    const archive = writeTar([{ path: 'd', isExecutable: false }, file(long, 'hello')]);
    const listed = execFileSync('tar', ['-t', '-f', '-'], { input: archive }).toString();
    expect(listed).toBe(`d/\n${long}\n`);

    for (const format of ['gnu', 'ustar', 'posix']) {
      const script = `cd $(mktemp -d) && mkdir -p ${'x'.repeat(90)} && echo hi > ${long} && tar --format=${format} -c .`;
      const tree = await read(execFileSync('/bin/sh', ['-c', script]));
      expect(tree.map(({ path }) => path)).toEqual(['x'.repeat(90), long]);
    }
  });

  test.each([
    ['a symbolic link', '2'],
    ['a second name', '1'],
    ['a character device', '3'],
    ['a block device', '4'],
    ['a pipe', '6'],
    ['a kind nobody knows', 'Z'],
    ['a sparse file', 'S'],
  ])('refuses an archive with %s', async (_case, type) => {
    const archive = Buffer.concat([entry('good', '0'), entry('bad', type), END]);
    await expect(read(archive)).rejects.toMatchObject({ problem: 'kind_refused' });
  });

  test.each([
    ...['/etc/passwd', '../escaped', 'a/../../escaped', 'a/./b', 'a//b', '..', 'a/..', 'a\nb'],
    ...['a\u0001', 'd/'.repeat(40)],
  ])('refuses the name %j', async (name) => {
    await expect(read(Buffer.concat([entry(name, '0'), END]))).rejects.toMatchObject({
      problem: 'name_refused',
    });
  });

  test('refuses a name that leads out by an extended header', async () => {
    const record = Buffer.from('21 path=../../escaped\n');
    record.write(String(record.length));
    const archive = Buffer.concat([entry('x', 'x', record), entry('good', '0'), END]);
    await expect(read(archive)).rejects.toMatchObject({ problem: 'name_refused' });
  });

  test('takes as many entries and bytes as allowed, and not one more', async () => {
    const archive = writeTar([file('a', '12345'), file('b', '67890')]);
    expect(await read(archive, { maxEntries: 2, maxBytes: 10 })).toHaveLength(2);
    await expect(read(archive, { maxEntries: 1, maxBytes: 10 })).rejects.toMatchObject({
      problem: 'too_many_files',
    });
    await expect(read(archive, { maxEntries: 2, maxBytes: 9 })).rejects.toMatchObject({
      problem: 'too_many_bytes',
    });
  });

  test('refuses a size beyond its bounds before it reads the bytes', async () => {
    const header = writeTarHeader({ name: 'huge', mode: 0o644, size: 2 ** 33 - 1, type: '0' });
    await expect(read(header)).rejects.toMatchObject({ problem: 'too_many_bytes' });
  });

  test.each([
    ['cut short', (bytes: Buffer) => bytes.subarray(0, 600)],
    ['empty', () => Buffer.alloc(0)],
    ['changed', (bytes: Buffer) => Buffer.from(bytes).fill('y', 0, 1)],
  ])('refuses an archive that is %s', async (_case, change) => {
    const archive = change(writeTar([file('x', 'text')]));
    await expect(read(archive)).rejects.toMatchObject({ problem: 'archive_malformed' });
  });

  test('ends, in one way or the other, on any bytes', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 4096 }), async (bytes) => {
        await read(Buffer.from(bytes)).catch((error) => expect(error.name).toBe('TreeRefusal'));
      }),
      { numRuns: 100 },
    );
  });
});

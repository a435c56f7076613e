import { chmodSync, chownSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { FileCopy } from '../../../src/executor/container-sandbox/files/file-tree.ts';
import { GrantedFiles } from '../../../src/executor/container-sandbox/granted-files.ts';
import type { HostPath } from '../../../src/executor/host-path.ts';
import { makeFolder } from '../support/host-folders.ts';
import { orderOf } from '../support/process-sandbox.ts';

/** What a container has made of a folder that it may write. */
function writeBack(
  folder: HostPath,
  ...files: readonly (readonly [path: string, text: string, kind?: 'executable'])[]
): void {
  const granted = GrantedFiles.read(orderOf(['/bin/x'], { writes: [folder] }));
  const [copied] = granted.folders;
  const after = files.map(([path, text, kind]): FileCopy => {
    return { path, bytes: Buffer.from(text), isExecutable: kind === 'executable' };
  });
  granted.writeBack(copied!, after);
}

const modeOf = (path: string) => statSync(path).mode & 0o7777;

describe('a file that a container has changed', () => {
  test.each([0o600, 0o640, 0o755, 0o444])('keeps its rights: %o', (mode) => {
    const folder = makeFolder();
    const path = join(folder, 'settings');
    writeFileSync(path, 'before');
    chmodSync(path, mode);
    writeBack(folder, ['settings', 'after']);
    expect(readFileSync(path, 'utf8')).toBe('after');
    expect(modeOf(path)).toBe(mode);
  });

  test.each([
    [0o644, 0o755],
    [0o640, 0o750],
    [0o600, 0o700],
    [0o744, 0o744],
  ])('can be made executable, for whoever may read it: %o', (before, after) => {
    const folder = makeFolder();
    const path = join(folder, 'program');
    writeFileSync(path, 'before');
    chmodSync(path, before);
    writeBack(folder, ['program', 'after', 'executable']);
    expect(modeOf(path)).toBe(after);
  });

  test('is not set-user-id any more', () => {
    const folder = makeFolder();
    const path = join(folder, 'program');
    writeFileSync(path, 'before');
    chmodSync(path, 0o4755);
    writeBack(folder, ['program', 'after']);
    expect(modeOf(path)).toBe(0o755);
  });

  test.runIf(process.geteuid?.() === 0)('keeps its owner, and a new one gets the folder’s', () => {
    const folder = makeFolder();
    chownSync(folder, 61_501, 61_501);
    const path = join(folder, 'settings');
    writeFileSync(path, 'before');
    chownSync(path, 61_502, 61_502);
    writeBack(folder, ['settings', 'after'], ['new', 'text']);
    expect(statSync(path)).toMatchObject({ uid: 61_502, gid: 61_502 });
    expect(statSync(join(folder, 'new'))).toMatchObject({ uid: 61_501, gid: 61_501 });
  });
});

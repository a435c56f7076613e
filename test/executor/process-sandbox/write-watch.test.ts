import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { HostPath } from '../../../src/executor/host-path.ts';
import { WriteWatch } from '../../../src/executor/process-sandbox/write-watch.ts';
import { makeFolder } from '../support/host-folders.ts';

const MIB = 1024 * 1024;
const SHARED_MEMORY = '/dev/shm';
const LIMITS = { bytes: MIB, entries: 100 };

describe('WriteWatch.changedBytes()', () => {
  test('counts what was written since the start, in folders below too', async () => {
    const folder = makeFolder();
    const watch = new WriteWatch([folder], LIMITS, Date.now());
    writeFileSync(join(folder, 'a'), Buffer.alloc(MIB, 1));
    expect(await watch.changedBytes()).toBeGreaterThanOrEqual(MIB);
    expect(await watch.changedBytes()).toBeLessThan(1.1 * MIB);
  });

  test('counts nothing that was there before', async () => {
    const folder = makeFolder();
    writeFileSync(join(folder, 'old'), Buffer.alloc(MIB, 1));
    const watch = new WriteWatch([folder], LIMITS, Date.now() + 10_000);
    expect(await watch.changedBytes()).toBe(0);
  });

  test('is not deceived by a modification time in the past', async () => {
    const folder = makeFolder();
    const watch = new WriteWatch([folder], LIMITS, Date.now());
    writeFileSync(join(folder, 'a'), Buffer.alloc(MIB, 1));
    utimesSync(join(folder, 'a'), 0, 0);
    expect(await watch.changedBytes()).toBeGreaterThanOrEqual(MIB);
  });

  test('counts what a hole in a file takes, which is nothing', async () => {
    const folder = makeFolder();
    const watch = new WriteWatch([folder], LIMITS, Date.now());
    writeFileSync(join(folder, 'a'), '');
    truncateSync(join(folder, 'a'), 1024 * MIB);
    expect(await watch.changedBytes()).toBeLessThan(MIB);
  });

  test('follows no link out of the folder', async () => {
    const [folder, other] = [makeFolder(), makeFolder()];
    const watch = new WriteWatch([folder], LIMITS, Date.now());
    writeFileSync(join(other, 'a'), Buffer.alloc(MIB, 1));
    symlinkSync(other, join(folder, 'link'));
    expect(await watch.changedBytes()).toBeLessThan(MIB);
  });
});

describe('WriteWatch.changedBytes() of what a program hides', () => {
  test('rejects when it lies too deep to be named', async () => {
    const folder = makeFolder();
    const watch = new WriteWatch([folder], LIMITS, Date.now());
    const hide = `$d = '0' x 200; for (1 .. 24) { mkdir $d; chdir $d or die } open(F, '>', 'hidden') or die`;
    execFileSync('perl', ['-e', hide], { cwd: folder });
    await expect(watch.changedBytes()).rejects.toMatchObject({ code: 'ENAMETOOLONG' });
    execFileSync('rm', ['-rf', folder]);
  });

  test.skipIf(process.getuid?.() === 0)(
    'rejects when it lies in a folder just closed',
    async () => {
      const folder = makeFolder();
      const watch = new WriteWatch([folder], LIMITS, Date.now());
      mkdirSync(join(folder, 'closed'), { mode: 0o000 });
      await expect(watch.changedBytes()).rejects.toMatchObject({ code: 'EACCES' });
    },
  );
});

describe('WriteWatch.isOver()', () => {
  // A volume that other tests do not write to: what they remove would count against what is made here.
  test.runIf(existsSync(SHARED_MEMORY))(
    'is over when more files were made than may be, however empty',
    async () => {
      const folder = mkdtempSync(join(SHARED_MEMORY, 'watch-')) as HostPath;
      const watch = new WriteWatch([folder], LIMITS, Date.now());
      const make = (from: number, to: number) => {
        for (let at = from; at < to; at++) writeFileSync(join(folder, `${at}`), '');
      };
      make(0, 90);
      expect(await watch.changedBytes()).toBe(0);
      make(90, 200);
      await expect.poll(() => watch.isOver()).toBe(true);
      rmSync(folder, { recursive: true });
    },
  );

  test('is over when its folder is gone, and does not throw', () => {
    const folder = makeFolder();
    const watch = new WriteWatch([folder], LIMITS, Date.now());
    expect(watch.isOver()).toBe(false);
    rmSync(folder, { recursive: true });
    expect(watch.isOver()).toBe(true);
  });
});

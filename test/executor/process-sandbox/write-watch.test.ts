import { rmSync, symlinkSync, truncateSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { WriteWatch } from '../../../src/executor/process-sandbox/write-watch.ts';
import { makeFolder } from '../support/host-folders.ts';

const MIB = 1024 * 1024;

describe('WriteWatch.changedBytes()', () => {
  test('counts what was written since the start, in folders below too', async () => {
    const folder = makeFolder();
    const watch = new WriteWatch([folder], MIB, Date.now());
    writeFileSync(join(folder, 'a'), Buffer.alloc(MIB, 1));
    expect(await watch.changedBytes()).toBeGreaterThanOrEqual(MIB);
    expect(await watch.changedBytes()).toBeLessThan(1.1 * MIB);
  });

  test('counts nothing that was there before', async () => {
    const folder = makeFolder();
    writeFileSync(join(folder, 'old'), Buffer.alloc(MIB, 1));
    const watch = new WriteWatch([folder], MIB, Date.now() + 10_000);
    expect(await watch.changedBytes()).toBe(0);
  });

  test('is not deceived by a modification time in the past', async () => {
    const folder = makeFolder();
    const watch = new WriteWatch([folder], MIB, Date.now());
    writeFileSync(join(folder, 'a'), Buffer.alloc(MIB, 1));
    utimesSync(join(folder, 'a'), 0, 0);
    expect(await watch.changedBytes()).toBeGreaterThanOrEqual(MIB);
  });

  test('counts what a hole in a file takes, which is nothing', async () => {
    const folder = makeFolder();
    const watch = new WriteWatch([folder], MIB, Date.now());
    writeFileSync(join(folder, 'a'), '');
    truncateSync(join(folder, 'a'), 1024 * MIB);
    expect(await watch.changedBytes()).toBeLessThan(MIB);
  });

  test('follows no link out of the folder', async () => {
    const [folder, other] = [makeFolder(), makeFolder()];
    const watch = new WriteWatch([folder], MIB, Date.now());
    writeFileSync(join(other, 'a'), Buffer.alloc(MIB, 1));
    symlinkSync(other, join(folder, 'link'));
    expect(await watch.changedBytes()).toBeLessThan(MIB);
  });
});

describe('WriteWatch.isOver()', () => {
  test('is over when its folder is gone, and does not throw', () => {
    const folder = makeFolder();
    const watch = new WriteWatch([folder], MIB, Date.now());
    expect(watch.isOver()).toBe(false);
    rmSync(folder, { recursive: true });
    expect(watch.isOver()).toBe(true);
  });
});

import { existsSync, mkdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type RunningScript, run, runModule, temporaryFolder } from './support/run-script.ts';

const NOBODY = 2 ** 22 + 1; // above the largest process id that Linux gives
const MINUTE_MS = 60_000;

/** A clone whose lock was left with this text, so long ago. */
function cloneWithLock(text: string, ageMs = 0): string {
  const folder = temporaryFolder();
  const lock = lockOf(folder);
  mkdirSync(join(folder, '.sallyport'));
  writeFileSync(lock, text);
  const at = new Date(Date.now() - ageMs);
  utimesSync(lock, at, at);
  return folder;
}

const lockOf = (folder: string) => join(folder, '.sallyport/setup.lock');

/** Appends to `log` when its work begins and ends. */
function work(folder: string, then = ''): RunningScript {
  return runModule(
    `const { withSetupLock, noteInstaller } = await import(scripts + '/setup-lock.mjs');
     const { appendFileSync } = await import('node:fs');
     await withSetupLock(async () => {
       appendFileSync('log', 'begin ');
       ${then}
       console.log('at work');
       await new Promise((resolve) => setTimeout(resolve, 200));
       appendFileSync('log', 'end ');
     });`,
    folder,
  );
}

const logOf = (folder: string) => readFileSync(join(folder, 'log'), 'utf8');

describe('withSetupLock()', () => {
  test('lets one work at a time, and leaves no lock', async () => {
    const folder = temporaryFolder();
    const ends = await Promise.all([1, 2, 3].map(() => work(folder).ended));
    expect(ends.map(({ exit }) => exit)).toEqual([0, 0, 0]);
    expect(logOf(folder)).toBe('begin end begin end begin end ');
    expect(existsSync(lockOf(folder))).toBe(false);
  });

  test('lets one work at a time also when all find the same stale lock', async () => {
    const folder = cloneWithLock(String(NOBODY));
    await Promise.all([1, 2, 3].map(() => work(folder).ended));
    expect(logOf(folder)).toBe('begin end begin end begin end ');
  });

  test('is released when the work fails', async () => {
    const folder = temporaryFolder();
    const { exit, output } = await work(folder, "throw new Error('no network');").ended;
    expect(exit).toBe(1);
    expect(output).toContain('no network');
    expect(existsSync(lockOf(folder))).toBe(false);
  });

  test('is taken over from one that was killed', async () => {
    const folder = temporaryFolder();
    const killed = work(folder);
    await killed.printed('at work');
    killed.child.kill('SIGKILL');
    await killed.ended;
    await work(folder).ended;
    expect(logOf(folder)).toBe('begin begin end ');
  });

  test.each([
    ['a live process', `${process.pid}`],
    ['a killed set-up whose npm lives', `${NOBODY} ${process.pid}`],
    ['one that is writing its id just now', ''],
  ])('waits for %s, and says so', async (_, text) => {
    const waiting = work(cloneWithLock(text));
    await waiting.printed('  sallyport: another set-up is installing; waiting');
    expect(waiting.child.exitCode).toBe(null);
  });

  test.each([
    ['that names nobody', '', 6_000],
    ['of a dead set-up and its dead npm', `${NOBODY} ${NOBODY + 1}`, 0],
    ['whose id another program has by now', `${process.pid}`, 16 * MINUTE_MS],
  ])('does not believe a lock %s', async (_, text, ageMs) => {
    expect((await work(cloneWithLock(text, ageMs)).ended).exit).toBe(0);
  });

  test('notes the installer, so that it is waited for after the set-up was killed', async () => {
    const folder = temporaryFolder();
    const installer = run('sleep', ['600'], { cwd: folder });
    const killed = work(folder, `noteInstaller(${installer.child.pid});`);
    await killed.printed('at work');
    killed.child.kill('SIGKILL');
    await killed.ended;
    const next = work(folder);
    await next.printed('  sallyport: another set-up is installing; waiting');
    installer.child.kill('SIGKILL');
    expect((await next.ended).exit).toBe(0);
  });
});

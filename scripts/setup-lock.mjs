// One installation at a time: two terminals on one clone must not run `npm ci` at once.

import { mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';

const LOCK = '.sallyport/setup.lock';
const POLL_MS = 300;
/** A lock file without a process id was left by one that died while writing it. */
const EMPTY_LOCK_IS_STALE_AFTER_MS = 5_000;

/** Runs `work` while holding the lock; waits for whoever holds it and lives. */
export async function withSetupLock(work) {
  await take();
  try {
    return await work();
  } finally {
    rmSync(LOCK, { force: true });
  }
}

/** Records npm's process id too, so that the lock stays taken while a killed set-up's npm runs. */
export function noteInstaller(pid) {
  writeFileSync(LOCK, `${process.pid} ${pid ?? ''}`);
}

async function take() {
  mkdirSync('.sallyport', { recursive: true, mode: 0o700 });
  for (let announced = false; ; ) {
    try {
      writeFileSync(LOCK, String(process.pid), { flag: 'wx' });
      return;
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
    }
    if (isStale()) {
      rmSync(LOCK, { force: true });
      continue;
    }
    if (!announced) console.error('  sallyport: another set-up is installing; waiting ...');
    announced = true;
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

function isStale() {
  try {
    const pids = readFileSync(LOCK, 'utf8').trim().split(/\s+/).filter(Boolean).map(Number);
    if (pids.length > 0) return !pids.some(isAlive);
    return Date.now() - statSync(LOCK).mtimeMs > EMPTY_LOCK_IS_STALE_AFTER_MS;
  } catch {
    return false; // released between the two reads
  }
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

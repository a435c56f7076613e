// One installation at a time: two terminals on one clone must not run `npm ci` at once.

import { mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';

const LOCK = '.sallyport/setup.lock';
const POLL_MS = 200;
/** Longer than anybody needs between finding a lock stale and writing his own. */
const SETTLE_MS = 100;
/** A lock file without a process id was left by one that died while writing it. */
const EMPTY_LOCK_IS_STALE_AFTER_MS = 5_000;
/** Ids are used again, after a reboot or outside of a container: no lock is believed for longer. */
const ANY_LOCK_IS_STALE_AFTER_MS = 15 * 60_000;

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
    if (isFree() && (await claim())) return;
    if (!announced) console.error('  sallyport: another set-up is installing; waiting ...');
    announced = true;
    await pause(POLL_MS);
  }
}

/** Two that found the same stale lock may each remove the other's: the last to write has it. */
async function claim() {
  const claimed = `${process.pid} `;
  try {
    writeFileSync(LOCK, claimed, { flag: 'wx' });
  } catch (error) {
    if (error.code === 'EEXIST') return false;
    throw error;
  }
  await pause(SETTLE_MS);
  return read() === claimed;
}

function isFree() {
  const holders = read();
  if (holders === undefined) return true;
  if (!isStale(holders)) return false;
  rmSync(LOCK, { force: true });
  return true;
}

function isStale(holders) {
  const ageMs = Date.now() - (statSync(LOCK, { throwIfNoEntry: false })?.mtimeMs ?? Date.now());
  const pids = holders.trim().split(/\s+/).filter(Boolean).map(Number);
  if (pids.length === 0) return ageMs > EMPTY_LOCK_IS_STALE_AFTER_MS;
  return ageMs > ANY_LOCK_IS_STALE_AFTER_MS || !pids.some(isAlive);
}

function read() {
  try {
    return readFileSync(LOCK, 'utf8');
  } catch (error) {
    if (error.code === 'ENOENT') return undefined;
    throw error;
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

function pause(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

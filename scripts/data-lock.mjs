// One gateway for each data folder. The lock is the kernel's (SQLite takes it), so that it is
// released however the process dies; files with process ids lie after a `kill -9`.

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';

/** A predecessor may still be stopping. */
const WAIT_MS = 1_500;
const SQLITE_BUSY = 5;

/** Returns what releases the lock, or throws when another process holds it. */
export async function lockDataFolder(folder) {
  const { DatabaseSync } = await import('node:sqlite');
  let database;
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    database = new DatabaseSync(join(folder, 'instance.lock'));
    database.exec(`PRAGMA busy_timeout=${WAIT_MS}; PRAGMA journal_mode=MEMORY; BEGIN EXCLUSIVE`);
  } catch (error) {
    database?.close();
    const reason =
      error.errcode === SQLITE_BUSY
        ? 'another gateway uses it; stop that one, or set SALLYPORT_DATA_DIR and PORT for a second'
        : error.message;
    throw new Error(`Cannot use data folder "${folder}": ${reason}`);
  }
  return () => database.close();
}

/**
 * Calls that were taken on, and of which nothing has run: noted beside the ledger, so that a later life
 * knows it, and can have the gateway send them again.
 *
 * What waits for a slot is noted until it has one, and that it has one is on disk before anything else. What has
 * a slot is noted until its program is let run. That outlives this process when it is written, but not the
 * power: a note that is still there says something only as long as the machine was not started anew.
 *
 * @module
 */

import { readFileSync } from 'node:fs';
import type { DatabaseSync, StatementSync } from 'node:sqlite';

/** Another after each start of the machine; Linux alone has it. */
const BOOT_ID = '/proc/sys/kernel/random/boot_id';

/** Where it is hidden, as containers hide files, it reads as empty, and as the same after each start. */
const BOOT_ID_FORM = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

export class UnstartedCalls {
  readonly #boot: string | undefined;
  readonly #wait: StatementSync;
  readonly #prepare: StatementSync;
  readonly #drops: Readonly<Record<'waiting' | 'prepared', StatementSync>>;
  readonly #notes: StatementSync;

  constructor(db: DatabaseSync, boot = readBootId()) {
    this.#boot = BOOT_ID_FORM.test(boot) ? boot : undefined;
    db.exec(`
      CREATE TABLE IF NOT EXISTS waiting (call_key TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;
      CREATE TABLE IF NOT EXISTS prepared (
        call_key TEXT PRIMARY KEY, boot TEXT NOT NULL
      ) STRICT, WITHOUT ROWID;
    `);
    this.#wait = db.prepare('INSERT INTO waiting VALUES (?)');
    this.#prepare = db.prepare('INSERT INTO prepared VALUES (?, ?)');
    this.#drops = {
      waiting: db.prepare('DELETE FROM waiting WHERE call_key = ?'),
      prepared: db.prepare('DELETE FROM prepared WHERE call_key = ?'),
    };
    this.#notes = db.prepare(
      'SELECT call_key FROM waiting UNION SELECT call_key FROM prepared WHERE boot = ?',
    );
  }

  /** Part of a transaction, as are all that follow. It waits for a slot. */
  wait(callKey: string): void {
    this.#wait.run(callKey);
  }

  /** It has a slot. */
  prepare(callKey: string): void {
    this.#drops.waiting.run(callKey);
    if (this.#boot !== undefined) this.#prepare.run(callKey, this.#boot);
  }

  /** Its program may run from here on, or it is over. */
  forget(callKey: string): void {
    for (const drop of Object.values(this.#drops)) drop.run(callKey);
  }

  /** Of an earlier life: those of which it is certain. */
  known(): readonly string[] {
    return this.#notes.all(this.#boot ?? '').map((row) => String(row.call_key));
  }
}

/** Empty where there is none, or it is hidden. */
export function readBootId(): string {
  try {
    return readFileSync(BOOT_ID, 'utf8').trim();
  } catch {
    return '';
  }
}

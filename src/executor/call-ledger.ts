/**
 * What this executor has taken on and what became of it, on disk before anything runs. A call is
 * run once, a ticket is taken once, also after a crash: what was under way then is `unknown`.
 *
 * @module
 */

import { chmodSync, closeSync, existsSync, openSync } from 'node:fs';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { LEDGER_KEEPS_MS, type LedgerIdentity } from '../core/executor-protocol/ledger-identity.ts';
import { NewestBytes } from '../core/primitives/newest-bytes.ts';
import { beginLife } from './ledger-name.ts';
import { UnstartedCalls } from './unstarted-calls.ts';

/** How long an end may be on its way to the disk where no call comes that takes it along, in milliseconds. */
const SYNC_WITHIN_MS = 20;

/** How long its output can be asked for: longer than the gateway asks, unless it was away itself. */
const KEEP_OUTPUT_MS = 7_200_000;

/**
 * And no more of them than this: the newest. Those that the gateway may not have heard yet are among them,
 * since it has so many calls here at a time, with so much output each, and no more.
 */
const MAX_OUTPUT_BYTES = 805_306_368;

export interface AcceptedCall {
  readonly callKey: string;
  readonly ticketId: string;
  /** SHA-256 each, lower-case hex. */
  readonly ticketHash: string;
  readonly codeHash: string;
  readonly argumentHash: string;
}

/** `prepared`: it has a slot, and its program does not run yet; `waiting`: for a slot. */
export type AcceptedState = 'prepared' | 'waiting';

/** As it is sent to the gateway. */
export interface FinishedCall {
  readonly callKey: string;
  readonly receipt: string;
  readonly signature: string;
  readonly output?: string;
}

export type LedgerEntry =
  | { readonly kind: 'running'; readonly call: AcceptedCall }
  | { readonly kind: 'finished'; readonly end: FinishedCall };

type Row = {
  call_key: string;
  ticket_id: string;
  ticket_hash: string;
  code_hash: string;
  argument_hash: string;
  receipt: string | null;
  signature: string | null;
  output: string | null;
};

export class CallLedger {
  readonly identity: LedgerIdentity;
  readonly #db: DatabaseSync;
  readonly #find: StatementSync;
  readonly #accept: StatementSync;
  readonly #finish: StatementSync;
  readonly #dropOutput: StatementSync;
  readonly #dropOpen: StatementSync;
  readonly #outputs: NewestBytes;
  readonly #unstarted: UnstartedCalls;
  #isSynced = true;
  #syncs = 0;
  #syncing: NodeJS.Timeout | undefined;

  /** Waits for no other process: one executor has one ledger. `boot`: of the machine, if it can be told. */
  constructor(path: string, maxOutputBytes = MAX_OUTPUT_BYTES, boot?: string) {
    makePrivate(path);
    this.#db = new DatabaseSync(path);
    this.#db.exec(`
      PRAGMA journal_mode = WAL;
      PRAGMA synchronous = FULL;
      PRAGMA locking_mode = EXCLUSIVE;
      CREATE TABLE IF NOT EXISTS calls (
        call_key TEXT PRIMARY KEY, ticket_id TEXT NOT NULL UNIQUE, ticket_hash TEXT NOT NULL,
        code_hash TEXT NOT NULL, argument_hash TEXT NOT NULL, at INTEGER NOT NULL,
        receipt TEXT, signature TEXT, output TEXT
      ) STRICT, WITHOUT ROWID;
    `);
    this.#unstarted = new UnstartedCalls(this.#db, boot);
    this.identity = beginLife(this.#db);
    this.#find = this.#db.prepare('SELECT * FROM calls WHERE call_key = ?');
    this.#accept = this.#db.prepare(
      'INSERT OR IGNORE INTO calls VALUES (?, ?, ?, ?, ?, ?, NULL, NULL, NULL)',
    );
    this.#finish = this.#db.prepare(
      'UPDATE calls SET receipt = ?, signature = ?, output = ? WHERE call_key = ?',
    );
    this.#dropOpen = this.#db.prepare('DELETE FROM calls WHERE call_key = ? AND receipt IS NULL');
    this.#dropOutput = this.#db.prepare('UPDATE calls SET output = NULL WHERE call_key = ?');
    this.#outputs = new NewestBytes(maxOutputBytes);
    this.#countOutputs();
  }

  find(callKey: string): LedgerEntry | undefined {
    const row = this.#find.get(callKey);
    return row && toEntry(row as Row);
  }

  /** Whether it was taken on: `false` if the ticket was taken before. On disk when it returns. */
  accept(call: AcceptedCall, now: number, state: AcceptedState = 'prepared'): boolean {
    const { callKey, ticketId, ticketHash, codeHash, argumentHash } = call;
    const facts = [callKey, ticketId, ticketHash, codeHash, argumentHash, now] as const;
    const isTaken = this.#change(() => {
      const { changes } = this.#accept.run(...facts);
      if (changes === 1 && state === 'waiting') this.#unstarted.wait(callKey);
      if (changes === 1 && state === 'prepared') this.#unstarted.prepare(callKey);
      return changes === 1;
    });
    if (isTaken) this.#noteSynced();
    return isTaken;
  }

  /** A call that waited has a slot. On disk when it returns: no later life takes it for one that waits. */
  prepare(callKey: string): void {
    this.#change(() => this.#unstarted.prepare(callKey));
    this.#noteSynced();
  }

  /** Its program is about to be let run. Outlives this process when it returns; see `unstarted-calls.ts`. */
  begin(callKey: string): void {
    this.#changeUnsynced(() => this.#unstarted.forget(callKey));
  }

  /**
   * Outlives this process when it returns, and the power when {@link CallLedger.sync} has: whoever is
   * told in between knows more than what is found after a power failure, which is then `unknown`.
   */
  finish({ callKey, receipt, signature, output }: FinishedCall): void {
    this.#changeUnsynced(() => {
      this.#finish.run(receipt, signature, output ?? null, callKey);
      this.#unstarted.forget(callKey);
      if (output !== undefined) this.#makeRoom(callKey, Buffer.byteLength(output));
    });
  }

  #changeUnsynced(change: () => void): void {
    this.#db.exec('PRAGMA synchronous = NORMAL');
    try {
      this.#change(change);
      this.#isSynced = false;
    } finally {
      this.#db.exec('PRAGMA synchronous = FULL');
    }
  }

  #makeRoom(callKey: string, bytes: number): void {
    for (const old of this.#outputs.add(callKey, bytes)) this.#dropOutput.run(old);
  }

  /** In one change: an older ledger may hold many too many, and each by itself would wait for the disk. */
  #countOutputs(): void {
    const rows = this.#db.prepare(
      'SELECT call_key, octet_length(output) AS bytes FROM calls WHERE output IS NOT NULL ORDER BY at',
    );
    this.#change(() => {
      for (const row of rows.all()) this.#makeRoom(String(row.call_key), Number(row.bytes));
    });
  }

  /** All of it, or nothing. */
  #change<T>(change: () => T): T {
    this.#db.exec('BEGIN');
    try {
      const result = change();
      this.#db.exec('COMMIT');
      return result;
    } catch (thrown) {
      // A full disk has ended it already.
      if (this.#db.isTransaction) this.#db.exec('ROLLBACK');
      throw thrown;
    }
  }

  /**
   * Everything is on disk with the next call that is accepted, or a moment later. At once, it would be
   * just when the gateway writes what it was told: on one machine, the two would wait for each other.
   */
  syncSoon(): void {
    this.#syncing ??= setTimeout(() => {
      try {
        this.sync();
      } catch {
        // The disk is full: whatever is written next takes it along.
      }
    }, SYNC_WITHIN_MS);
  }

  /** Everything is on disk when it returns. */
  sync(): void {
    this.#stopTimer();
    if (this.#isSynced) return;
    // Any change takes those before it along; nobody reads this number.
    this.#syncs += 1;
    this.#db.exec(`PRAGMA user_version = ${this.#syncs}`);
    this.#isSynced = true;
  }

  /** A change went to disk, and took everything before it along: the timer has nothing to do. */
  #noteSynced(): void {
    this.#isSynced = true;
    this.#stopTimer();
  }

  #stopTimer(): void {
    clearTimeout(this.#syncing);
    this.#syncing = undefined;
  }

  /** Forgets a call that was taken on and never begun, so that its ticket can come again. */
  giveBack(callKey: string): void {
    const isGone = this.#change(() => {
      this.#unstarted.forget(callKey);
      return this.#dropOpen.run(callKey).changes === 1;
    });
    if (isGone) this.#noteSynced();
  }

  /** Forgets those that an earlier life had not let run, as if each had been given back; how many. */
  forgetUnstarted(): number {
    const count = this.#change(() => {
      const dropped = this.#unstarted.known().filter((callKey) => {
        this.#unstarted.forget(callKey);
        return this.#dropOpen.run(callKey).changes === 1;
      });
      return dropped.length;
    });
    if (count > 0) this.#noteSynced();
    return count;
  }

  /** Of a life that ended without finishing them. */
  interrupted(): readonly AcceptedCall[] {
    const rows = this.#db.prepare('SELECT * FROM calls WHERE receipt IS NULL').all();
    return rows.map((row) => toAccepted(row as Row));
  }

  /**
   * Outputs go sooner than what must be remembered so that nothing runs twice. That goes by the newest
   * call too, whose time the gateway has vouched for: a clock that jumped ahead forgets nothing.
   */
  sweep(now: number): void {
    const old = this.#db
      .prepare(
        'UPDATE calls SET output = NULL WHERE at < ? AND output IS NOT NULL RETURNING call_key',
      )
      .all(now - KEEP_OUTPUT_MS);
    for (const { call_key: callKey } of old) this.#outputs.delete(String(callKey));
    this.#db
      .prepare(
        `DELETE FROM calls WHERE receipt IS NOT NULL
         AND at < min(?, (SELECT max(at) FROM calls)) - ?`,
      )
      .run(now, LEDGER_KEEPS_MS);
  }

  close(): void {
    this.sync();
    this.#db.close();
  }
}

/**
 * It holds what calls answered, and may lie in a folder that others read. SQLite gives what it makes
 * beside it the same mode, and leaves what a crash has left there its own.
 */
function makePrivate(path: string): void {
  closeSync(openSync(path, 'a', 0o600));
  for (const file of [path, `${path}-wal`]) if (existsSync(file)) chmodSync(file, 0o600);
}

function toEntry(row: Row): LedgerEntry {
  const { call_key: callKey, receipt, signature, output } = row;
  if (receipt === null || signature === null) return { kind: 'running', call: toAccepted(row) };
  const end = { callKey, receipt, signature, ...(output !== null && { output }) };
  return { kind: 'finished', end };
}

function toAccepted(row: Row): AcceptedCall {
  const { call_key: callKey, ticket_id: ticketId, ticket_hash: ticketHash } = row;
  return {
    callKey,
    ticketId,
    ticketHash,
    codeHash: row.code_hash,
    argumentHash: row.argument_hash,
  };
}

/**
 * Named timers of a block on the one alarm that an object has. Nothing else sets the alarm.
 *
 * Timers are rows, so they survive a crash, and writing one belongs to the caller's transaction; so
 * does the alarm. Alarms are dear, so one that rings early enough is left alone: it is never later
 * than the earliest timer, but may ring when nothing is due, and then only looks up the next. A timer
 * is done when its task has returned: a task that throws, or an object that dies during it, is tried
 * again with growing delays. Tasks must bear to run twice.
 *
 * Work that can be seen from other rows needs no timer of its own: {@link Timers.ringBy} only makes sure
 * that the object is awake by then.
 *
 * Memory holds a copy of the rows. Whoever rolls a transaction back, or wipes the storage, calls
 * {@link Timers.forget}.
 *
 * @module
 */

import type { Tables } from './tables.ts';

/** What to do when the timer of that name is due. */
export type TimerTasks = Readonly<Record<string, () => Promise<void>>>;

/** Delay of the first repetition; doubled for each further one. */
const FIRST_RETRY_MS = 1_000;

/** Longest delay between repetitions. */
const MAX_RETRY_MS = 60_000;

/** How much later than it was due an alarm that got lost rings at most, in milliseconds. */
const RESTORED_WITHIN_MS = 16;

const COLUMNS = `(
  name TEXT PRIMARY KEY, due_at INTEGER NOT NULL, attempts INTEGER NOT NULL
) STRICT, WITHOUT ROWID`;

type ClaimedTimer = { name: string; attempts: number };
type TimerRow = { name: string; due_at: number; attempts: number };

export class Timers {
  readonly #storage: DurableObjectStorage;
  readonly #tasks: TimerTasks;
  readonly #tables: Tables | undefined;
  /** Due times by name, as stored. */
  #dueAts: Map<string, number> | undefined;
  /** When the alarm rings, as far as this instance knows. */
  #alarmAt: number | undefined;
  /** Until when it must ring whatever the rows say; that it has been promised outlives a rollback. */
  #promisedAt = Number.POSITIVE_INFINITY;
  /** Up to when alarms have rung, in epoch milliseconds. */
  #rungUntil = 0;
  /** Timers whose task is running, and has not set them anew. */
  readonly #running = new Set<string>();

  /** With `tables`, the table is made with the first timer; without, its owner makes it before. */
  constructor(storage: DurableObjectStorage, tasks: TimerTasks, tables?: Tables) {
    this.#storage = storage;
    this.#tasks = tasks;
    this.#tables = tables;
  }

  createTable(): void {
    this.#storage.sql.exec(`CREATE TABLE IF NOT EXISTS timers ${COLUMNS}`);
  }

  /**
   * For the block's constructor, once the table exists: an alarm that got lost is set again. It is set
   * for a moment later, since setting what storage already holds would change nothing.
   */
  restore(): void {
    this.forget();
    const at = this.#earliest();
    if (at === Number.POSITIVE_INFINITY) return;
    const now = Date.now();
    this.#setAlarm(Math.max(at, now) + 1 + (now % RESTORED_WITHIN_MS));
  }

  /** Memory may be ahead of storage: reads it again when it is needed. */
  forget(): void {
    this.#dueAts = undefined;
    this.#alarmAt = undefined;
  }

  /** Sets or moves a timer, and forgets its failures. `at` is in epoch milliseconds; rounded up. */
  set(name: string, at: number): void {
    const dueAts = this.#read();
    // The column takes whole numbers alone.
    const dueAt = Math.ceil(at);
    this.#tables?.make('timers', COLUMNS);
    this.#storage.sql.exec(
      `INSERT INTO timers (name, due_at, attempts) VALUES (?, ?, 0)
       ON CONFLICT (name) DO UPDATE SET due_at = excluded.due_at, attempts = 0`,
      name,
      dueAt,
    );
    dueAts.set(name, dueAt);
    this.#running.delete(name);
    this.#arm();
  }

  /**
   * Sees to it that the timer is due by then, or sooner. Writes nothing if it is already, so a task
   * that is set in this way must look for itself whether it is time.
   */
  setLatest(name: string, dueAt: number): void {
    const known = this.dueAt(name);
    const isOver = known === undefined || this.#running.has(name);
    if (isOver || known > dueAt) this.set(name, dueAt);
  }

  /**
   * Sees to it that the alarm rings by then, though no timer is due: for work that is found in other
   * rows. What is found after the object was lost must be promised anew.
   */
  ringBy(at: number): void {
    this.#promisedAt = Math.min(this.#promisedAt, at);
    this.#arm();
  }

  clear(name: string): void {
    if (!this.#read().delete(name)) return;
    this.#storage.sql.exec('DELETE FROM timers WHERE name = ?', name);
  }

  /**
   * Clears timers whose tasks would find nothing to do, and puts the alarm off until the next one is due.
   * For an object at rest: a busy one had better let it ring.
   */
  retire(names: readonly string[]): void {
    const known = names.filter((name) => this.dueAt(name) !== undefined);
    if (known.length === 0) return;
    for (const name of known) this.clear(name);
    if (this.#earliest() === Number.POSITIVE_INFINITY) this.#disarm();
    else this.#setAlarm(this.#earliest());
  }

  dueAt(name: string): number | undefined {
    return this.#read().get(name);
  }

  /** The block's `alarm()`. Never throws, not even when a task wipes the object's storage. */
  async alarm(now: number): Promise<void> {
    this.#rungUntil = now;
    if (this.#promisedAt <= now) this.#promisedAt = Number.POSITIVE_INFINITY;
    const claimed = this.#hasTable() ? this.#claimDue(now) : [];
    // First of all the next alarm, so that a crash in a task cannot silence the timers for ever.
    this.forget();
    this.#arm();
    for (const row of claimed) await this.#run(row);
    if (claimed.length > 0 && this.#hasTable()) this.#disarm();
  }

  /** Moves each due timer to when it would be tried again, should its task not return. */
  #claimDue(now: number): ClaimedTimer[] {
    const due = this.#storage.sql
      .exec<TimerRow>(
        'SELECT name, due_at, attempts FROM timers WHERE due_at <= ? ORDER BY due_at',
        now,
      )
      .toArray();
    return due.map(({ name, attempts }) => {
      const retryAt = now + Math.min(FIRST_RETRY_MS * 2 ** attempts, MAX_RETRY_MS);
      this.#storage.sql.exec(
        'UPDATE timers SET due_at = ?, attempts = attempts + 1 WHERE name = ?',
        retryAt,
        name,
      );
      return { name, attempts: attempts + 1 };
    });
  }

  async #run({ name, attempts }: ClaimedTimer): Promise<void> {
    this.#running.add(name);
    try {
      await this.#tasks[name]?.();
      // Unless the task has set its timer anew, or has wiped everything.
      if (this.#hasTable() && this.#running.has(name)) this.clear(name);
    } catch (thrown) {
      const kind = thrown instanceof Error ? thrown.name : 'error';
      console.error(`timer "${name}" failed (${kind}); attempt ${attempts}`);
    }
    this.#running.delete(name);
  }

  #hasTable(): boolean {
    if (this.#tables !== undefined) return this.#tables.has('timers');
    const query = "SELECT 1 FROM sqlite_master WHERE name = 'timers'";
    return this.#storage.sql.exec(query).toArray().length > 0;
  }

  #read(): Map<string, number> {
    this.#dueAts ??= new Map(this.#rows().map(({ name, due_at: dueAt }) => [name, dueAt]));
    return this.#dueAts;
  }

  #rows(): TimerRow[] {
    if (!this.#hasTable()) return [];
    return this.#storage.sql.exec<TimerRow>('SELECT name, due_at, attempts FROM timers').toArray();
  }

  /**
   * When the alarm must ring; infinite if it need not. Never when one has rung: the platform would take it
   * for that one, and once its handler has returned there would be none. Nor at 0, for which none may be set.
   */
  #earliest(): number {
    const dueAt = Math.min(this.#promisedAt, ...this.#read().values());
    return Math.max(dueAt, this.#rungUntil + 1);
  }

  /** Not awaited: the write is part of the transaction, and the output gate waits for both. */
  #arm(): void {
    const at = this.#earliest();
    if (at === Number.POSITIVE_INFINITY) return;
    if (this.#alarmAt !== undefined && this.#alarmAt <= at) return;
    this.#setAlarm(at);
  }

  #setAlarm(at: number): void {
    this.#alarmAt = at;
    void this.#storage.setAlarm(at);
  }

  /** Takes back an alarm that was set for the repetition of a task that is done. */
  #disarm(): void {
    if (this.#earliest() !== Number.POSITIVE_INFINITY) return;
    this.#alarmAt = undefined;
    void this.#storage.deleteAlarm();
  }
}

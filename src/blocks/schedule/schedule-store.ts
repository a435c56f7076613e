/**
 * The rows of a workspace's schedules and of their runs.
 *
 * @module
 */

import type { UserMessage } from '../../core/conversation/message.ts';
import type { ContentSeal } from '../kit/content-seal.ts';
import type { CreateSchedule, ScheduleRun } from './schedule-api.ts';

/** Runs of a schedule that are kept. */
const KEPT_RUNS = 20;

/** Of a heartbeat, until its turn has them. */
export interface TakenMessages {
  /** From then on they may be anybody's again. */
  readonly until: number;
  /** Without those that are unfit, unless all are. */
  readonly messages: readonly UserMessage[];
  /** Contents of those that no turn may see. */
  readonly unfit: readonly string[];
  /** There is no other one among them. */
  readonly isAllUnfit: boolean;
}

export interface StoredRun extends ScheduleRun {
  readonly taken?: TakenMessages;
}

export interface StoredSchedule extends CreateSchedule {
  readonly createdAt: number;
  readonly isPaused: boolean;
  readonly nextAt?: number;
  readonly idleAt?: number;
}

type ScheduleRow = { name: string; next_at: number | null; facts: string };
type RunRow = { name: string; due_at: number; facts: string };

export class ScheduleStore {
  readonly #sql: SqlStorage;
  readonly #sealing: ContentSeal;

  constructor(sql: SqlStorage, sealing: ContentSeal) {
    this.#sql = sql;
    this.#sealing = sealing;
  }

  createTables(): void {
    this.#sql.exec(`
      CREATE TABLE IF NOT EXISTS schedules (
        name TEXT PRIMARY KEY, next_at INTEGER, facts TEXT NOT NULL
      ) STRICT, WITHOUT ROWID;
      CREATE TABLE IF NOT EXISTS runs (
        name TEXT NOT NULL, due_at INTEGER NOT NULL, is_open INTEGER NOT NULL, facts TEXT NOT NULL,
        PRIMARY KEY (name, due_at)
      ) STRICT, WITHOUT ROWID;
      CREATE INDEX IF NOT EXISTS open_runs ON runs (name) WHERE is_open = 1`);
  }

  count(): number {
    return this.#sql.exec<{ count: number }>('SELECT count(*) AS count FROM schedules').one().count;
  }

  all(): readonly StoredSchedule[] {
    return this.#sql
      .exec<ScheduleRow>('SELECT name, next_at, facts FROM schedules ORDER BY name')
      .toArray()
      .map((row) => this.#toSchedule(row));
  }

  find(name: string): StoredSchedule | undefined {
    const [row] = this.#sql
      .exec<ScheduleRow>('SELECT name, next_at, facts FROM schedules WHERE name = ?', name)
      .toArray();
    return row && this.#toSchedule(row);
  }

  due(now: number): readonly StoredSchedule[] {
    return this.#sql
      .exec<ScheduleRow>(
        'SELECT name, next_at, facts FROM schedules WHERE next_at <= ? ORDER BY next_at',
        now,
      )
      .toArray()
      .map((row) => this.#toSchedule(row));
  }

  /** When the next one is due. */
  nextAt(): number | undefined {
    const { at } = this.#sql
      .exec<{ at: number | null }>('SELECT min(next_at) AS at FROM schedules')
      .one();
    return at ?? undefined;
  }

  put({ nextAt, ...facts }: StoredSchedule): void {
    this.#sql.exec(
      'INSERT OR REPLACE INTO schedules (name, next_at, facts) VALUES (?, ?, ?)',
      facts.spec.name,
      nextAt ?? null,
      this.#sealing.seal(scheduleRow(facts.spec.name), JSON.stringify(facts)),
    );
  }

  remove(name: string): void {
    this.#sql.exec('DELETE FROM schedules WHERE name = ?', name);
    this.#sql.exec('DELETE FROM runs WHERE name = ?', name);
  }

  putRun(name: string, run: StoredRun): void {
    this.#sql.exec(
      'INSERT OR REPLACE INTO runs (name, due_at, is_open, facts) VALUES (?, ?, ?, ?)',
      name,
      run.dueAt,
      Number(isOpen(run)),
      this.#sealing.seal(runRow(name, run.dueAt), JSON.stringify(run)),
    );
    this.#sql.exec(
      `DELETE FROM runs WHERE name = ?1 AND is_open = 0 AND due_at < coalesce((
         SELECT due_at FROM runs WHERE name = ?1 ORDER BY due_at DESC LIMIT 1 OFFSET ?2), 0)`,
      name,
      KEPT_RUNS - 1,
    );
  }

  dropRun(name: string, dueAt: number): void {
    this.#sql.exec('DELETE FROM runs WHERE name = ? AND due_at = ?', name, dueAt);
  }

  /** The newest first. */
  runs(name: string): readonly StoredRun[] {
    return this.#sql
      .exec<RunRow>('SELECT * FROM runs WHERE name = ? ORDER BY due_at DESC', name)
      .toArray()
      .map((row) => this.#toRun(row));
  }

  /** Runs that are not over, by the name of their schedule. */
  openRuns(): readonly { readonly name: string; readonly run: StoredRun }[] {
    return this.#sql
      .exec<RunRow>('SELECT * FROM runs WHERE is_open = 1')
      .toArray()
      .map((row) => ({ name: row.name, run: this.#toRun(row) }));
  }

  hasOpenRun(name: string): boolean {
    const open = 'SELECT 1 FROM runs WHERE name = ? AND is_open = 1 LIMIT 1';
    return this.#sql.exec(open, name).toArray().length > 0;
  }

  /** When these were due, which needs nothing of them to be opened. */
  openDueAts(): readonly number[] {
    return this.#sql
      .exec<{ due_at: number }>('SELECT due_at FROM runs WHERE is_open = 1')
      .toArray()
      .map(({ due_at: dueAt }) => dueAt);
  }

  #toRun({ name, due_at: dueAt, facts }: RunRow): StoredRun {
    return JSON.parse(this.#sealing.openText(runRow(name, dueAt), facts));
  }

  #toSchedule({ name, next_at: nextAt, facts }: ScheduleRow): StoredSchedule {
    const opened = this.#sealing.openText(scheduleRow(name), facts);
    return { ...JSON.parse(opened), ...(nextAt !== null && { nextAt }) };
  }
}

function isOpen({ status }: ScheduleRun): boolean {
  return status === 'starting' || status === 'running';
}

const scheduleRow = (name: string): string => `schedule/${name}`;
const runRow = (name: string, dueAt: number): string => `run/${name}/${dueAt}`;

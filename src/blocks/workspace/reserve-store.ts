/**
 * Buckets and the day's ledger of a workspace. What was never touched has no row, and is full.
 *
 * Memory holds a copy of what was used lately, since nobody else writes here, and gathers what a
 * transaction changes: {@link ReserveStore.flush} writes it, once for each bucket. Whoever rolls a
 * transaction back calls {@link ReserveStore.forget}.
 *
 * @module
 */

import type { Bucket } from '../../core/policy/bucket.ts';
import type { DayLedger } from '../../core/policy/day-ledger.ts';
import type { Reserves, StoredReserves } from '../../core/policy/reserves.ts';

/** Buckets in memory; beyond that number all are read anew. */
const MAX_REMEMBERED = 4_096;

/** Whose buckets a turn draws on. */
export interface ReserveKeys {
  /** `kind:id`. */
  readonly principal: string;
  readonly sessionId: string;
  /** Tools that have a rate of their own. */
  readonly tools: readonly string[];
}

type BucketRow = { key: string; calls: number; period_ms: number; credits: number; at: number };
type LedgerRow = { day: number; tokens: number; cost: number };

const UNREAD = 'unread';

export class ReserveStore {
  readonly #sql: SqlStorage;
  /** By key, as they will be stored; `undefined` for those without a row. */
  readonly #buckets = new Map<string, Bucket | undefined>();
  #day: DayLedger | undefined | typeof UNREAD = UNREAD;
  readonly #changed = new Set<string>();

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  createTables(): void {
    this.#sql.exec(`
      CREATE TABLE IF NOT EXISTS buckets (
        key TEXT PRIMARY KEY, calls INTEGER NOT NULL, period_ms INTEGER NOT NULL,
        credits INTEGER NOT NULL, at INTEGER NOT NULL
      ) STRICT, WITHOUT ROWID;
      CREATE TABLE IF NOT EXISTS ledger (
        only INTEGER PRIMARY KEY CHECK (only = 1), day INTEGER NOT NULL,
        tokens INTEGER NOT NULL, cost INTEGER NOT NULL
      ) STRICT;
    `);
  }

  read(keys: ReserveKeys): StoredReserves {
    const names = keyedBuckets(keys);
    this.#readMissing([...Object.values(names), ...keys.tools.map(toolKey)]);
    const pick = (name: keyof typeof names) => {
      const bucket = this.#buckets.get(names[name]);
      return bucket && { [name]: bucket };
    };
    const tools = keys.tools.flatMap((tool) => {
      const bucket = this.#buckets.get(toolKey(tool));
      return bucket === undefined ? [] : [[tool, bucket] as const];
    });
    if (this.#day === UNREAD) this.#day = this.#readDay();
    return {
      ...pick('workspace'),
      ...pick('principal'),
      ...pick('session'),
      tools: Object.fromEntries(tools),
      ...(this.#day && { day: this.#day }),
    };
  }

  /** Changes memory; the same transaction flushes it. */
  write(keys: Omit<ReserveKeys, 'tools'>, reserves: Reserves): void {
    const names = keyedBuckets(keys);
    for (const name of ['workspace', 'principal', 'session'] as const) {
      this.#change(names[name], reserves[name]);
    }
    for (const [tool, bucket] of Object.entries(reserves.tools)) {
      this.#change(toolKey(tool), bucket);
    }
    this.#day = reserves.day;
  }

  /** Part of a transaction, at its end. */
  flush(): void {
    if (this.#changed.size === 0) return;
    const rows = [...this.#changed].flatMap((key) => {
      const bucket = this.#buckets.get(key);
      if (bucket === undefined) return [];
      const { rate, credits, at } = bucket;
      return [[key, rate.calls, rate.periodMs, credits, at]];
    });
    this.#sql.exec(
      `INSERT OR REPLACE INTO buckets (key, calls, period_ms, credits, at)
       SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4 FROM json_each(?)`,
      JSON.stringify(rows),
    );
    if (this.#day !== UNREAD && this.#day !== undefined) {
      const { day, tokens, costMicroUsd } = this.#day;
      this.#sql.exec(
        'INSERT OR REPLACE INTO ledger VALUES (1, ?, ?, ?)',
        day,
        tokens,
        costMicroUsd,
      );
    }
    this.#changed.clear();
  }

  forget(): void {
    this.#buckets.clear();
    this.#changed.clear();
    this.#day = UNREAD;
  }

  /** Forgets buckets that are full again, which say nothing. */
  sweep(now: number): void {
    this.flush();
    this.#sql.exec('DELETE FROM buckets WHERE at + period_ms <= ?', now);
    this.forget();
  }

  #change(key: string, bucket: Bucket): void {
    this.#buckets.set(key, bucket);
    this.#changed.add(key);
  }

  #readMissing(keys: readonly string[]): void {
    if (this.#buckets.size > MAX_REMEMBERED && this.#changed.size === 0) this.#buckets.clear();
    const missing = keys.filter((key) => !this.#buckets.has(key));
    if (missing.length === 0) return;
    for (const key of missing) this.#buckets.set(key, undefined);
    const rows = this.#sql.exec<BucketRow>(
      `SELECT key, calls, period_ms, credits, at FROM buckets
       WHERE key IN (SELECT value FROM json_each(?))`,
      JSON.stringify(missing),
    );
    for (const { key, calls, period_ms: periodMs, credits, at } of rows) {
      this.#buckets.set(key, { rate: { calls, periodMs }, credits, at });
    }
  }

  #readDay(): DayLedger | undefined {
    const [row] = this.#sql
      .exec<LedgerRow>('SELECT day, tokens, cost FROM ledger WHERE only = 1')
      .toArray();
    return row && { day: row.day, tokens: row.tokens, costMicroUsd: row.cost };
  }
}

function keyedBuckets({ principal, sessionId }: Omit<ReserveKeys, 'tools'>) {
  return {
    workspace: 'workspace',
    principal: `principal/${principal}`,
    session: `session/${sessionId}`,
  } as const;
}

function toolKey(tool: string): string {
  return `tool/${tool}`;
}

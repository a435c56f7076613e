/**
 * Buckets and the day's ledger of a workspace. What was never touched has no row, and is full.
 *
 * @module
 */

import type { Bucket } from '../../core/policy/bucket.ts';
import type { Reserves, StoredReserves } from '../../core/policy/reserves.ts';

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

export class ReserveStore {
  readonly #sql: SqlStorage;

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
    const found = new Map<string, Bucket>();
    const wanted = [...Object.values(keyedBuckets(keys)), ...keys.tools.map(toolKey)];
    const rows = this.#sql.exec<BucketRow>(
      `SELECT key, calls, period_ms, credits, at FROM buckets
       WHERE key IN (SELECT value FROM json_each(?))`,
      JSON.stringify(wanted),
    );
    for (const row of rows) {
      const rate = { calls: row.calls, periodMs: row.period_ms };
      found.set(row.key, { rate, credits: row.credits, at: row.at });
    }
    const names = keyedBuckets(keys);
    const pick = (name: keyof typeof names) => {
      const bucket = found.get(names[name]);
      return bucket && { [name]: bucket };
    };
    const tools = keys.tools.flatMap((tool) => {
      const bucket = found.get(toolKey(tool));
      return bucket === undefined ? [] : [[tool, bucket] as const];
    });
    const day = this.#ledger();
    return {
      ...pick('workspace'),
      ...pick('principal'),
      ...pick('session'),
      tools: Object.fromEntries(tools),
      ...(day && { day }),
    };
  }

  write(keys: Omit<ReserveKeys, 'tools'>, reserves: Reserves): void {
    const names = keyedBuckets(keys);
    const rows = [
      ...(['workspace', 'principal', 'session'] as const).map(
        (name) => [names[name], reserves[name]] as const,
      ),
      ...Object.entries(reserves.tools).map(([tool, bucket]) => [toolKey(tool), bucket] as const),
    ];
    this.#sql.exec(
      `INSERT OR REPLACE INTO buckets (key, calls, period_ms, credits, at)
       SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4 FROM json_each(?)`,
      JSON.stringify(
        rows.map(([key, { rate, credits, at }]) => [key, rate.calls, rate.periodMs, credits, at]),
      ),
    );
    const { day, tokens, costMicroUsd } = reserves.day;
    this.#sql.exec('INSERT OR REPLACE INTO ledger VALUES (1, ?, ?, ?)', day, tokens, costMicroUsd);
  }

  /** Forgets buckets that are full again, which say nothing. */
  sweep(now: number): void {
    this.#sql.exec('DELETE FROM buckets WHERE at + period_ms <= ?', now);
  }

  #ledger(): StoredReserves['day'] {
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

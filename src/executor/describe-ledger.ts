/**
 * What a ledger holds, for whoever looks at it from outside.
 *
 * @module
 */

import { DatabaseSync } from 'node:sqlite';
import { parseReceipt } from '../core/executor-protocol/executor-receipt.ts';
import { readBootId } from './unstarted-calls.ts';

/** How many calls ended in which way; `locked` while an executor runs on it. */
export type LedgerDescription = Readonly<Record<string, number>> | 'locked' | 'unreadable';

export function describeLedger(path: string): LedgerDescription {
  let db: DatabaseSync | undefined;
  try {
    db = new DatabaseSync(path, { timeout: 0 });
    const counts: Record<string, number> = {};
    for (const outcome of outcomesIn(db)) counts[outcome] = (counts[outcome] ?? 0) + 1;
    return counts;
  } catch (thrown) {
    return isLocked(thrown) ? 'locked' : 'unreadable';
  } finally {
    db?.close();
  }
}

function* outcomesIn(db: DatabaseSync): Iterable<string> {
  const tables = db.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").all();
  const has = (table: string) => tables.some(({ name }) => name === table);
  if (!has('calls')) return; // it has just been made
  const boot = readBootId();
  const noted = (table: string) => {
    const rows = has(table) ? db.prepare(`SELECT * FROM ${table}`).all() : [];
    const valid = rows.filter((row) => row.boot === undefined || row.boot === boot);
    return new Set(valid.map((row) => row.call_key));
  };
  const [waiting, prepared] = [noted('waiting'), noted('prepared')];
  for (const row of db.prepare('SELECT call_key, receipt FROM calls').all()) {
    const read = typeof row.receipt === 'string' ? parseReceipt(row.receipt) : undefined;
    if (read !== undefined) yield read.outcome;
    else if (waiting.has(row.call_key)) yield 'waiting';
    else yield prepared.has(row.call_key) ? 'prepared' : 'interrupted';
  }
}

/** Primary code; what is above the lowest byte says more of it. */
const SQLITE_BUSY = 5;

export function isLocked(thrown: unknown): boolean {
  const { errcode = 0 } = thrown as { readonly errcode?: number };
  return errcode % 256 === SQLITE_BUSY;
}

/** What must hold for a ledger to be used. */
export function ledgerMust(path: string): string {
  return `"${path}" must be a ledger, on a disk that can be written and has space`;
}

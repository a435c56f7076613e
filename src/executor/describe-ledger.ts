/**
 * What a ledger holds, for whoever looks at it from outside.
 *
 * @module
 */

import { DatabaseSync } from 'node:sqlite';
import { parseReceipt } from '../core/executor-protocol/executor-receipt.ts';

/** How many calls ended in which way; `locked` while an executor runs on it. */
export function describeLedger(path: string): Readonly<Record<string, number>> | 'locked' {
  let db: DatabaseSync | undefined;
  try {
    db = new DatabaseSync(path, { timeout: 0 });
    const counts: Record<string, number> = {};
    for (const { receipt } of db.prepare('SELECT receipt FROM calls').all()) {
      const read = typeof receipt === 'string' ? parseReceipt(receipt) : undefined;
      const outcome = read?.outcome ?? 'interrupted';
      counts[outcome] = (counts[outcome] ?? 0) + 1;
    }
    return counts;
  } catch {
    return 'locked';
  } finally {
    db?.close();
  }
}

/**
 * By what the gateway knows a ledger again: its lives, each with a name of its own.
 *
 * @module
 */

import { randomBytes } from 'node:crypto';
import type { DatabaseSync } from 'node:sqlite';
import {
  type LedgerIdentity,
  MAX_EARLIER_LIVES,
} from '../core/executor-protocol/ledger-identity.ts';

const ID_BYTES = 16;

/** On disk when it returns, so that every later life knows of this one. */
export function beginLife(db: DatabaseSync): LedgerIdentity {
  db.exec('CREATE TABLE IF NOT EXISTS lives (n INTEGER PRIMARY KEY, life TEXT NOT NULL) STRICT');
  const life = randomBytes(ID_BYTES).toString('hex');
  const { lastInsertRowid: n } = db.prepare('INSERT INTO lives (life) VALUES (?)').run(life);
  db.prepare('DELETE FROM lives WHERE n < ? - ?').run(n, MAX_EARLIER_LIVES);
  const earlier = db.prepare('SELECT life FROM lives WHERE n < ? ORDER BY n DESC').all(n);
  return { life, earlier: earlier.map((row) => String(row.life)) };
}

/**
 * Who has asked to talk, who was let in, and what everybody has spent today.
 *
 * @module
 */

import type { PairingState } from '../../core/channels/judge-sender.ts';
import { type Ledger, ledgerAt } from '../../core/policy/ledger.ts';
import type { PairingDescription } from './channel-api.ts';

/** Most strangers of a channel who are waiting to be let in; more are refused. */
export const MAX_PENDING = 200;

/** Names one sender on one channel. */
export interface SenderKey {
  readonly channel: string;
  readonly sender: string;
}

type PairingRow = {
  id: string;
  sender: string;
  principal: string;
  state: PairingState;
  requested_at: number;
};

export class SenderStore {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  createTables(): void {
    this.#sql.exec(`
      CREATE TABLE IF NOT EXISTS pairings (
        channel TEXT NOT NULL, sender TEXT NOT NULL, id TEXT NOT NULL, principal TEXT NOT NULL,
        state TEXT NOT NULL, requested_at INTEGER NOT NULL, PRIMARY KEY (channel, sender)
      ) STRICT, WITHOUT ROWID;
      CREATE TABLE IF NOT EXISTS spending (
        principal TEXT PRIMARY KEY, ledger TEXT NOT NULL
      ) STRICT, WITHOUT ROWID`);
  }

  find({ channel, sender }: SenderKey): PairingDescription | undefined {
    const [row] = this.#sql
      .exec<PairingRow>('SELECT * FROM pairings WHERE channel = ? AND sender = ?', channel, sender)
      .toArray();
    return row && toPairing(row);
  }

  findById(channel: string, id: string): PairingDescription | undefined {
    const [row] = this.#sql
      .exec<PairingRow>('SELECT * FROM pairings WHERE channel = ? AND id = ?', channel, id)
      .toArray();
    return row && toPairing(row);
  }

  /** Those who wait first. */
  all(channel: string): readonly PairingDescription[] {
    return this.#sql
      .exec<PairingRow>(
        "SELECT * FROM pairings WHERE channel = ? ORDER BY state <> 'pending', requested_at",
        channel,
      )
      .toArray()
      .map(toPairing);
  }

  countPending(channel: string): number {
    return this.#sql
      .exec<{ count: number }>(
        "SELECT count(*) AS count FROM pairings WHERE channel = ? AND state = 'pending'",
        channel,
      )
      .one().count;
  }

  put(channel: string, { id, sender, principal, state, requestedAt }: PairingDescription): void {
    this.#sql.exec(
      'INSERT OR REPLACE INTO pairings (channel, sender, id, principal, state, requested_at) VALUES (?, ?, ?, ?, ?, ?)',
      ...[channel, sender, id, principal, state, requestedAt],
    );
  }

  /** What the principal has spent of today's budget, on all channels together. */
  spentBy(principal: string, now: number): Ledger {
    const [row] = this.#sql
      .exec<{ ledger: string }>('SELECT ledger FROM spending WHERE principal = ?', principal)
      .toArray();
    return ledgerAt(row && JSON.parse(row.ledger), 'day', now);
  }

  setSpent(principal: string, ledger: Ledger): void {
    this.#sql.exec(
      'INSERT OR REPLACE INTO spending (principal, ledger) VALUES (?, ?)',
      principal,
      JSON.stringify(ledger),
    );
  }

  removeChannel(channel: string): void {
    this.#sql.exec('DELETE FROM pairings WHERE channel = ?', channel);
  }
}

function toPairing({ requested_at: requestedAt, ...row }: PairingRow): PairingDescription {
  const { id, sender, principal, state } = row;
  return { id, sender, principal, state, requestedAt };
}

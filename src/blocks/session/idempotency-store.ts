/**
 * Which turn a request with an `Idempotency-Key` has made, for 24 hours, or for 24 hours after a
 * human may last decide about the turn.
 *
 * @module
 */

import type { TurnId } from '../../core/primitives/ids.ts';
import { parseTurnId } from '../../core/primitives/ids.ts';

/** How long a key is remembered, in milliseconds. */
const IDEMPOTENCY_MS = 86_400_000;

export interface IdempotentRequest {
  /** As `kind:id`: keys of different principals never meet. */
  readonly principal: string;
  readonly key: string;
  readonly bodyHash: string;
}

export class IdempotencyStore {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  /** The turn of an equal request, `conflict` if the key came with another body, else nothing. */
  find(request: IdempotentRequest, now: number): TurnId | 'conflict' | undefined {
    const [row] = this.#sql
      .exec<{ body_hash: string; turn_id: string }>(
        `SELECT body_hash, turn_id FROM idempotency
         WHERE principal = ? AND key = ? AND expires_at > ?`,
        request.principal,
        request.key,
        now,
      )
      .toArray();
    if (row === undefined) return undefined;
    return row.body_hash === request.bodyHash ? parseTurnId(row.turn_id) : 'conflict';
  }

  /** The turn that somebody has asked for with a key, whatever its body was. */
  turnOf(principal: string, key: string): TurnId | undefined {
    const [row] = this.#sql
      .exec<{ turn_id: string }>(
        'SELECT turn_id FROM idempotency WHERE principal = ? AND key = ?',
        ...[principal, key],
      )
      .toArray();
    return row && parseTurnId(row.turn_id);
  }

  remember({ principal, key, bodyHash }: IdempotentRequest, turnId: TurnId, now: number): void {
    this.#sql.exec('DELETE FROM idempotency WHERE expires_at <= ?', now);
    this.#sql.exec(
      `INSERT INTO idempotency (principal, key, body_hash, turn_id, expires_at)
       VALUES (?, ?, ?, ?, ?)`,
      principal,
      key,
      bodyHash,
      turnId,
      now + IDEMPOTENCY_MS,
    );
  }

  /** Whoever comes again for a turn that waits until then, or has waited, finds it, and makes no other. */
  prolong(turnId: TurnId, waitsUntil: number): void {
    this.#sql.exec(
      'UPDATE idempotency SET expires_at = ? WHERE turn_id = ?',
      waitsUntil + IDEMPOTENCY_MS,
      turnId,
    );
  }
}

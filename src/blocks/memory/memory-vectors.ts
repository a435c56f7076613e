/**
 * The vectors of memories, one for each row, with the model that made it: vectors of different models
 * are never compared.
 *
 * A vector goes with its row. Nothing here opens a transaction: writes belong to the caller's.
 *
 * @module
 */

import { similarity } from '../../core/embedding/packed-vector.ts';

/** What resembles the query less than this is not found: vectors of strangers are never quite apart. */
const LEAST_SIMILARITY = 0.25;

export interface VectorQuery {
  readonly model: string;
  readonly vector: Uint8Array;
  readonly limit: number;
  readonly trustedOnly: boolean;
}

export class MemoryVectors {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  /** After the table of the memories. */
  createTable(): void {
    this.#sql.exec(`
      CREATE TABLE IF NOT EXISTS memory_vectors (
        seq INTEGER PRIMARY KEY, model TEXT NOT NULL, vector BLOB NOT NULL
      ) STRICT;
      CREATE TRIGGER IF NOT EXISTS memory_vector_goes AFTER DELETE ON memories
        BEGIN DELETE FROM memory_vectors WHERE seq = old.seq; END;
    `);
  }

  /** Takes the place of an older one; ignored for a row that is gone. */
  put(owner: string, id: string, { model, vector }: Pick<VectorQuery, 'model' | 'vector'>): void {
    this.#sql.exec(
      `INSERT OR REPLACE INTO memory_vectors (seq, model, vector)
       SELECT seq, ?, ? FROM memories WHERE owner = ? AND id = ?`,
      ...[model, vector, owner, id],
    );
  }

  /** Ids of the owner's rows, the most alike first. */
  nearest(owner: string, { model, vector, limit, trustedOnly }: VectorQuery): readonly string[] {
    const rows = this.#sql.exec<{ id: string; vector: ArrayBuffer }>(
      `SELECT id, vector FROM memories JOIN memory_vectors USING (seq)
       WHERE owner = ? AND model = ? AND superseded_at IS NULL
         AND (? = 0 OR integrity = 'trusted')`,
      ...[owner, model, trustedOnly ? 1 : 0],
    );
    return [...rows]
      .map(({ id, vector: stored }) => ({ id, near: similarity(vector, new Uint8Array(stored)) }))
      .filter(({ near }) => near >= LEAST_SIMILARITY)
      .sort((a, b) => b.near - a.near)
      .slice(0, limit)
      .map(({ id }) => id);
  }

  /** Ids of rows that may be recalled and have no vector of this model. */
  missing(owner: string, model: string, limit: number): readonly string[] {
    return this.#sql
      .exec<{ id: string }>(
        `SELECT id FROM memories LEFT JOIN memory_vectors USING (seq)
         WHERE owner = ? AND superseded_at IS NULL AND model IS NOT ?
         ORDER BY seq DESC LIMIT ?`,
        ...[owner, model, limit],
      )
      .toArray()
      .map(({ id }) => id);
  }
}

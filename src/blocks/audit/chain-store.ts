/**
 * The rows of a chain: records, how far each source has come, and signed checkpoints.
 *
 * Records are only ever inserted. Nothing here opens a transaction: writes belong to the caller's.
 *
 * @module
 */

import { type AuditRecord, GENESIS } from '../../core/audit/chain.ts';
import type { AuditQuery } from './audit-api.ts';

export interface Checkpoint {
  readonly seq: number;
  readonly hash: string;
  /** HMAC-SHA256 over `checkpointText` under the workspace's checkpoint key, hex. */
  readonly signature: string;
}

type RecordRow = {
  seq: number;
  source: string;
  source_seq: number;
  event: string;
  previous_hash: string;
  hash: string;
  is_expired: number;
};

export class ChainStore {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  createTables(): void {
    this.#sql.exec(`
      CREATE TABLE IF NOT EXISTS records (
        seq INTEGER PRIMARY KEY, source TEXT NOT NULL, source_seq INTEGER NOT NULL,
        event TEXT NOT NULL, previous_hash TEXT NOT NULL, hash TEXT NOT NULL,
        -- Read from the event, which the hash covers: nobody can file a record under another name.
        action TEXT GENERATED ALWAYS AS (json_extract(event, '$.action')) VIRTUAL,
        decision TEXT GENERATED ALWAYS AS (json_extract(event, '$.decision')) VIRTUAL
      ) STRICT;
      CREATE INDEX IF NOT EXISTS records_by_action ON records (action, seq);
      CREATE INDEX IF NOT EXISTS records_by_at ON records (json_extract(event, '$.at'), seq);
      CREATE INDEX IF NOT EXISTS records_by_actor ON records (json_extract(event, '$.actor'), seq);
      CREATE INDEX IF NOT EXISTS records_by_plugin ON records (json_extract(event, '$.plugin'), seq)
        WHERE json_extract(event, '$.plugin') IS NOT NULL;
      CREATE INDEX IF NOT EXISTS records_by_turn ON records (json_extract(event, '$.turnId'), seq)
        WHERE json_extract(event, '$.turnId') IS NOT NULL;
      CREATE TABLE IF NOT EXISTS sources (
        source TEXT PRIMARY KEY, last_seq INTEGER NOT NULL
      ) STRICT, WITHOUT ROWID;
      CREATE TABLE IF NOT EXISTS checkpoints (
        seq INTEGER PRIMARY KEY, hash TEXT NOT NULL, signature TEXT NOT NULL
      ) STRICT;
    `);
  }

  /** Number and hash of the last record. */
  head(): { readonly seq: number; readonly hash: string } {
    const [last] = this.#sql
      .exec<{ seq: number; hash: string }>(
        'SELECT seq, hash FROM records ORDER BY seq DESC LIMIT 1',
      )
      .toArray();
    return last ?? { seq: 0, hash: GENESIS };
  }

  lastOfSource(source: string): number {
    const [row] = this.#sql
      .exec<{ last_seq: number }>('SELECT last_seq FROM sources WHERE source = ?', source)
      .toArray();
    return row?.last_seq ?? 0;
  }

  add({ seq, source, sourceSeq, event, previousHash, hash }: AuditRecord): void {
    this.#sql.exec(
      `INSERT INTO records (seq, source, source_seq, event, previous_hash, hash)
       VALUES (?, ?, ?, ?, ?, ?)`,
      seq,
      source,
      sourceSeq,
      JSON.stringify(event),
      previousHash,
      hash,
    );
  }

  setLastOfSource(source: string, lastSeq: number): void {
    this.#sql.exec(
      `INSERT INTO sources (source, last_seq) VALUES (?, ?)
       ON CONFLICT (source) DO UPDATE SET last_seq = excluded.last_seq`,
      source,
      lastSeq,
    );
  }

  /** Keeps the newest checkpoint only: it vouches for all that came before. */
  setCheckpoint({ seq, hash, signature }: Checkpoint): void {
    this.#sql.exec('DELETE FROM checkpoints');
    this.#sql.exec('INSERT INTO checkpoints VALUES (?, ?, ?)', seq, hash, signature);
  }

  checkpoint(): Checkpoint | undefined {
    return this.#sql
      .exec<{ seq: number; hash: string; signature: string }>(
        'SELECT seq, hash, signature FROM checkpoints ORDER BY seq DESC LIMIT 1',
      )
      .toArray()[0];
  }

  /** Of the record with this number. */
  hashOf(seq: number): string | undefined {
    return this.#sql
      .exec<{ hash: string }>('SELECT hash FROM records WHERE seq = ?', seq)
      .toArray()[0]?.hash;
  }

  /** Records that fit, oldest first. */
  select(query: AuditQuery): AuditRecord[] {
    const terms = toTerms(query);
    return this.#sql
      .exec<RecordRow>(
        `SELECT seq, source, source_seq, event, previous_hash, hash,
         EXISTS (SELECT 1 FROM expired WHERE expired.seq = records.seq) AS is_expired FROM records
         WHERE ${terms.map(([sql]) => sql).join(' AND ')} ORDER BY seq LIMIT ?`,
        ...terms.map(([, value]) => value),
        query.limit,
      )
      .toArray()
      .map((row) => ({
        seq: row.seq,
        source: row.source,
        sourceSeq: row.source_seq,
        event: JSON.parse(row.event),
        previousHash: row.previous_hash,
        hash: row.hash,
        ...(row.is_expired === 1 && { expired: true as const }),
      }));
  }
}

/** Each with the one value that it compares with; the texts are those of the indexes. */
const TERMS = {
  after: 'seq > ?',
  upTo: 'seq <= ?',
  from: "json_extract(event, '$.at') >= ?",
  to: "json_extract(event, '$.at') < ?",
  action: 'action = ?',
  decision: 'decision = ?',
  actor: "json_extract(event, '$.actor') = ?",
  plugin: "json_extract(event, '$.plugin') = ?",
  tool: "json_extract(event, '$.tool') = ?",
  sessionId: "json_extract(event, '$.sessionId') = ?",
  turnId: "json_extract(event, '$.turnId') = ?",
} as const satisfies Record<Exclude<keyof AuditQuery, 'limit'>, string>;

function toTerms(query: AuditQuery): readonly (readonly [sql: string, value: string | number])[] {
  return Object.entries(TERMS).flatMap(([name, sql]) => {
    const value = query[name as keyof typeof TERMS];
    return value === undefined ? [] : [[sql, value] as const];
  });
}

/**
 * The rows of a chain: records, how far each source has come, and signed checkpoints.
 *
 * Records are only ever inserted. Nothing here opens a transaction: writes belong to the caller's, which
 * ends with {@link ChainStore.flush}: what records of one transaction share is written once. Whoever rolls it
 * back calls {@link ChainStore.forget}.
 *
 * @module
 */

import { type AuditRecord, GENESIS } from '../../core/audit/chain.ts';
import type { AuditPage, AuditQuery } from './audit-api.ts';

/**
 * Records that one search looks at, of those that its index leaves. Nobody else is served while it
 * does, and what is looked for may not be in a chain of millions at all.
 */
const MAX_SEARCHED = 20_000;

/** Where fewer records are as young as what is asked for, the search begins with the first of these. */
const MAX_YOUNG = 200_000;

/** Number and hash of a record. */
interface Head {
  readonly seq: number;
  readonly hash: string;
}

export interface Checkpoint extends Head {
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
  /** The last record that this transaction has added. */
  #added: Head | undefined;
  /** How far the sources have come that it has heard of. */
  readonly #lasts = new Map<string, number>();

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

  /** Of the last record. */
  head(): Head {
    if (this.#added !== undefined) return this.#added;
    const query = 'SELECT seq, hash FROM records ORDER BY seq DESC LIMIT 1';
    const [last] = this.#sql.exec<{ seq: number; hash: string }>(query).toArray();
    return last ?? { seq: 0, hash: GENESIS };
  }

  lastOfSource(source: string): number {
    const known = this.#lasts.get(source);
    if (known !== undefined) return known;
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
    this.#added = { seq, hash };
  }

  setLastOfSource(source: string, lastSeq: number): void {
    this.#lasts.set(source, lastSeq);
  }

  /**
   * Part of a transaction, at its end: writes how far sources have come, and answers with the end of the chain
   * if anything was added.
   */
  flush(): Head | undefined {
    const head = this.#added;
    for (const [source, lastSeq] of this.#lasts) {
      this.#sql.exec(
        `INSERT INTO sources (source, last_seq) VALUES (?, ?)
         ON CONFLICT (source) DO UPDATE SET last_seq = excluded.last_seq`,
        source,
        lastSeq,
      );
    }
    this.forget();
    return head;
  }

  /** After a transaction, whatever became of it. */
  forget(): void {
    this.#added = undefined;
    this.#lasts.clear();
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

  /** Records that fit, oldest first; not more than a part of a long chain is searched at a time. */
  select(query: AuditQuery): AuditPage {
    const after = query.from === undefined ? query.after : this.#beginning(query.from, query.after);
    if (after === 'none') return { records: [] };
    const { leading, others, end } = this.#planSearch({ ...query, after });
    const terms = [
      ...leading,
      ...others,
      ...(end === undefined ? [] : [['seq <= ?', end] as const]),
    ];
    const records = this.#sql
      .exec<RecordRow>(
        `SELECT seq, source, source_seq, event, previous_hash, hash,
         EXISTS (SELECT 1 FROM expired WHERE expired.seq = records.seq) AS is_expired FROM records
         WHERE ${toCondition(terms)} ORDER BY seq LIMIT ?`,
        ...terms.map(([, value]) => value),
        query.limit,
      )
      .toArray()
      .map(toRecord);
    const next = records.length < query.limit ? end : records.at(-1)?.seq;
    return { records, ...(next !== undefined && { next }) };
  }

  /**
   * After which number a search for records of then or later has to begin, where it was to begin after this
   * one. Who pages on is behind the first of them as a rule, and nothing has to be looked for.
   */
  #beginning(from: number, after: number): number | 'none' {
    const since = "FROM records WHERE json_extract(event, '$.at') >= ?";
    const isOfThen = "SELECT 1 FROM records WHERE seq = ? AND +json_extract(event, '$.at') >= ?";
    if (this.#sql.exec(isOfThen, after, from).toArray().length > 0) return after;
    const more = this.#sql.exec(`SELECT 1 ${since} LIMIT 1 OFFSET ?`, from, MAX_YOUNG).toArray();
    if (more.length > 0) return after;
    const query = `SELECT min(seq) AS first ${since}`;
    const { first } = this.#sql.exec<{ first: number | null }>(query, from).one();
    return first === null ? 'none' : Math.max(after, first - 1);
  }

  /** By an index that leaves no more than one search looks at; if none does, by the first. */
  #planSearch(query: AuditQuery): Plan {
    let plan: Plan | undefined;
    for (const index of indexesFor(query)) {
      const terms = toTerms(query, index);
      const end = terms.others.length === 0 ? undefined : this.#endOfSearch(terms.leading);
      if (end === undefined) return terms;
      plan ??= { ...terms, end };
    }
    return plan ?? toTerms(query, undefined);
  }

  /** Number of the last record that is looked at, if there are more. */
  #endOfSearch(terms: readonly Term[]): number | undefined {
    const query = `SELECT seq FROM records WHERE ${toCondition(terms)} ORDER BY seq LIMIT 1 OFFSET ?`;
    const values = terms.map(([, value]) => value);
    return this.#sql.exec<{ seq: number }>(query, ...values, MAX_SEARCHED - 1).toArray()[0]?.seq;
  }
}

type Term = readonly [condition: string, value: string | number];

/** Each with the one value that it compares with. These are answered by the order of the chain. */
const BOUNDS = { after: 'seq > ?', upTo: 'seq <= ?' } as const;

/** By an index each, whose text this is; the first as a rule leaves the fewest. */
const INDEXED = {
  turnId: "json_extract(event, '$.turnId') = ?",
  plugin: "json_extract(event, '$.plugin') = ?",
  actor: "json_extract(event, '$.actor') = ?",
  action: 'action = ?',
} as const;

/** By looking at the record itself. */
const UNINDEXED = {
  from: "json_extract(event, '$.at') >= ?",
  to: "json_extract(event, '$.at') < ?",
  decision: 'decision = ?',
  tool: "json_extract(event, '$.tool') = ?",
  sessionId: "json_extract(event, '$.sessionId') = ?",
} as const;

const CONDITIONS = { ...BOUNDS, ...INDEXED, ...UNINDEXED } as const satisfies Record<
  Exclude<keyof AuditQuery, 'limit'>,
  string
>;

interface Terms {
  readonly leading: readonly Term[];
  readonly others: readonly Term[];
}

interface Plan extends Terms {
  /** Number of the last record that is looked at, if there are more. */
  readonly end?: number;
}

type Index = keyof typeof INDEXED;

/** Those that a query can be answered by, or none of them. */
function indexesFor(query: AuditQuery): readonly (Index | undefined)[] {
  const names = Object.keys(INDEXED) as Index[];
  const present = names.filter((name) => query[name] !== undefined);
  return present.length === 0 ? [undefined] : present;
}

function toTerms(query: AuditQuery, index: Index | undefined): Terms {
  const leading: Term[] = [];
  const others: Term[] = [];
  for (const [name, condition] of Object.entries(CONDITIONS)) {
    const value = query[name as keyof typeof CONDITIONS];
    if (value === undefined) continue;
    if (name in BOUNDS || name === index) leading.push([condition, value]);
    // The plus keeps all indexes from being used.
    else others.push([`+${condition}`, value]);
  }
  return { leading, others };
}

const toCondition = (terms: readonly Term[]): string => terms.map(([sql]) => sql).join(' AND ');

function toRecord(row: RecordRow): AuditRecord {
  return {
    seq: row.seq,
    source: row.source,
    sourceSeq: row.source_seq,
    event: JSON.parse(row.event),
    previousHash: row.previous_hash,
    hash: row.hash,
    ...(row.is_expired === 1 && { expired: true as const }),
  };
}

/**
 * The rows of a workspace's memory, and the index of their words.
 *
 * Every statement names the owner. Nothing here opens a transaction: writes belong to the caller's.
 *
 * @module
 */

import { isSameName, type Memory, type MemoryKind } from '../../core/memory/memory.ts';
import { toIndexed } from '../../core/memory/search-query.ts';
import { HIGHEST_LABEL, isLabel, type Label } from '../../core/policy/labels.ts';
import { addColumns } from '../kit/tables.ts';

/** What an owner has. */
export interface MemoryUsage {
  readonly rows: number;
  readonly characters: number;
}

export interface Found {
  /** Where it stands among the owner's. */
  readonly seq: number;
  readonly memory: Memory;
}

type Row = {
  seq: number;
  id: string;
  kind: string;
  subject: string | null;
  predicate: string | null;
  body: string;
  integrity: string;
  confidentiality: string;
  session: string;
  call_key: string;
  tool: string;
  remembered_at: number;
  superseded_at: number | null;
  /** Empty where there was no room for one. */
  summary_id: string | null;
  written_by: string | null;
};

export class MemoryStore {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  createTables(): void {
    const isOfBefore = this.#dropIndexOfBefore();
    this.#sql.exec(`
      CREATE TABLE IF NOT EXISTS memories (
        seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, owner TEXT NOT NULL,
        kind TEXT NOT NULL, subject TEXT, predicate TEXT, body TEXT NOT NULL,
        integrity TEXT NOT NULL, confidentiality TEXT NOT NULL, session TEXT NOT NULL,
        call_key TEXT NOT NULL, tool TEXT NOT NULL, remembered_at INTEGER NOT NULL,
        superseded_at INTEGER, summary_id TEXT, written_by TEXT,
        UNIQUE (owner, kind, call_key)
      ) STRICT;
      CREATE INDEX IF NOT EXISTS memories_by_owner ON memories (owner, seq);
      CREATE VIRTUAL TABLE IF NOT EXISTS memory_terms USING fts5 (
        subject, predicate, body, tokenize = "unicode61 remove_diacritics 2"
      );
    `);
    this.#deleteWordsForGood();
    // To a table of before models wrote summaries.
    addColumns(this.#sql, 'memories', { written_by: 'TEXT' });
    if (isOfBefore) this.#indexAll();
  }

  insert(owner: string, memory: Memory): void {
    const { id, kind, subject = null, predicate = null, text, label, source } = memory;
    const { seq } = this.#sql
      .exec<{ seq: number }>(
        `INSERT INTO memories (id, owner, kind, subject, predicate, body, integrity,
           confidentiality, session, call_key, tool, remembered_at, written_by)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING seq`,
        ...[id, owner, kind, subject, predicate, text, label.integrity, label.confidentiality],
        ...[source.session, source.callKey, source.tool, memory.rememberedAt, memory.model ?? null],
      )
      .one();
    this.#index(seq, [subject, predicate, text]);
  }

  byCall(owner: string, kind: MemoryKind, callKey: string): Memory | undefined {
    const found = this.#select('owner = ? AND kind = ? AND call_key = ?', owner, kind, callKey);
    return found[0]?.memory;
  }

  byId(owner: string, id: string): Found | undefined {
    return this.#select('owner = ? AND id = ?', owner, id)[0];
  }

  /** Facts about the same that no newer one has replaced. */
  standingFacts(owner: string, subject: string, predicate: string): readonly Found[] {
    // SQLite knows the case of ASCII alone.
    return this.#sql
      .exec<{ seq: number; subject: string; predicate: string }>(
        `SELECT seq, subject, predicate FROM memories
         WHERE owner = ? AND kind = 'fact' AND superseded_at IS NULL`,
        owner,
      )
      .toArray()
      .filter((fact) => isSameName(fact.subject, subject))
      .filter((fact) => isSameName(fact.predicate, predicate))
      .flatMap(({ seq }) => this.#select('seq = ?', seq));
  }

  supersede(seq: number, at: number): void {
    this.#sql.exec('UPDATE memories SET superseded_at = ? WHERE seq = ?', at, seq);
  }

  /** The best first; of those as good, the newest. */
  search(
    owner: string,
    query: string,
    { limit, trustedOnly }: { readonly limit: number; readonly trustedOnly: boolean },
  ): readonly Memory[] {
    return this.#sql
      .exec<Row>(
        `SELECT memories.* FROM memory_terms JOIN memories ON memories.seq = memory_terms.rowid
         WHERE memory_terms MATCH ? AND owner = ? AND superseded_at IS NULL
           AND (? = 0 OR integrity = 'trusted')
         ORDER BY rank, seq DESC LIMIT ?`,
        ...[query, owner, trustedOnly ? 1 : 0, limit],
      )
      .toArray()
      .map((row) => toFound(row).memory);
  }

  after(owner: string, seq: number, limit: number): readonly Found[] {
    return this.#select('owner = ? AND seq > ? ORDER BY seq LIMIT ?', owner, seq, limit);
  }

  /** With the summary that it is in: the other notes in that will be in another. */
  remove(owner: string, { seq, memory: { id } }: Found): void {
    const summary = this.#select(
      `owner = ?1 AND kind = 'summary'
       AND id = (SELECT summary_id FROM memories WHERE owner = ?1 AND id = ?2)`,
      ...[owner, id],
    )[0];
    if (summary !== undefined) {
      this.#delete(summary.seq);
      this.#sql.exec(
        'UPDATE memories SET summary_id = NULL WHERE owner = ? AND summary_id = ?',
        ...[owner, summary.memory.id],
      );
    }
    this.#delete(seq);
  }

  erase(owner: string): number {
    const { rows } = this.usage(owner);
    this.#sql.exec(
      'DELETE FROM memory_terms WHERE rowid IN (SELECT seq FROM memories WHERE owner = ?)',
      owner,
    );
    this.#sql.exec('DELETE FROM memories WHERE owner = ?', owner);
    return rows;
  }

  usage(owner: string): MemoryUsage {
    return this.#sql
      .exec<{ rows: number; characters: number }>(
        `SELECT count(*) AS rows, coalesce(sum(length(body) + length(coalesce(subject, ''))
           + length(coalesce(predicate, ''))), 0) AS characters
         FROM memories WHERE owner = ?`,
        owner,
      )
      .one();
  }

  count(): number {
    return this.#sql.exec<{ rows: number }>('SELECT count(*) AS rows FROM memories').one().rows;
  }

  /** Owners with at least so many notes that are in no summary yet. */
  ownersToSummarise(least: number): readonly string[] {
    return this.#sql
      .exec<{ owner: string }>(
        `SELECT owner FROM memories WHERE kind = 'note' AND summary_id IS NULL
         GROUP BY owner HAVING count(*) >= ?`,
        least,
      )
      .toArray()
      .map(({ owner }) => owner);
  }

  /** The oldest first. */
  unsummarised(owner: string, limit: number): readonly Found[] {
    return this.#select(
      `owner = ? AND kind = 'note' AND summary_id IS NULL ORDER BY seq LIMIT ?`,
      ...[owner, limit],
    );
  }

  /** `summaryId` is empty where there was no room for a summary. */
  noteSummarised(seq: number, summaryId: string): void {
    this.#sql.exec('UPDATE memories SET summary_id = ? WHERE seq = ?', summaryId, seq);
  }

  #index(seq: number, words: readonly (string | null)[]): void {
    this.#sql.exec(
      'INSERT INTO memory_terms (rowid, subject, predicate, body) VALUES (?, ?, ?, ?)',
      ...[seq, ...words.map((text) => text && toIndexed(text))],
    );
  }

  /**
   * One of before found no word of a script without spaces. That of now goes with it, if there is one: an
   * earlier version that was run in between has remembered and forgotten by its own alone. Rows of an index
   * that deletes for good are deleted so slowly that many of them would outlast what an object may take.
   */
  #dropIndexOfBefore(): boolean {
    const before = "SELECT 1 FROM sqlite_master WHERE name = 'memory_words'";
    if (this.#sql.exec(before).toArray().length === 0) return false;
    this.#sql.exec('DROP TABLE memory_words; DROP TABLE IF EXISTS memory_terms');
    return true;
  }

  #indexAll(): void {
    const all = 'SELECT seq, subject, predicate, body FROM memories';
    const rows = this.#sql.exec<Pick<Row, 'seq' | 'subject' | 'predicate' | 'body'>>(all);
    for (const { seq, subject, predicate, body } of rows) {
      this.#index(seq, [subject, predicate, body]);
    }
  }

  /** Else words of what was deleted would stay in pages of the index until these are written anew. */
  #deleteWordsForGood(): void {
    const known = "SELECT 1 FROM memory_terms_config WHERE k = 'secure-delete'";
    if (this.#sql.exec(known).toArray().length > 0) return;
    this.#sql.exec("INSERT INTO memory_terms (memory_terms, rank) VALUES ('secure-delete', 1)");
  }

  #delete(seq: number): void {
    this.#sql.exec('DELETE FROM memory_terms WHERE rowid = ?', seq);
    this.#sql.exec('DELETE FROM memories WHERE seq = ?', seq);
  }

  #select(condition: string, ...bindings: SqlStorageValue[]): readonly Found[] {
    return this.#sql
      .exec<Row>(`SELECT * FROM memories WHERE ${condition}`, ...bindings)
      .toArray()
      .map(toFound);
  }
}

function toFound(row: Row): Found {
  const label = { integrity: row.integrity, confidentiality: row.confidentiality } as Label;
  const { session, call_key: callKey, tool } = row;
  const memory: Memory = {
    id: row.id,
    kind: row.kind as MemoryKind,
    text: row.body,
    ...(row.subject !== null && { subject: row.subject }),
    ...(row.predicate !== null && { predicate: row.predicate }),
    label: isLabel(label) ? label : HIGHEST_LABEL,
    source: { session, callKey, tool },
    rememberedAt: row.remembered_at,
    ...(row.superseded_at !== null && { supersededAt: row.superseded_at }),
    ...(row.written_by !== null && { model: row.written_by }),
    ...(row.summary_id !== null && row.summary_id !== '' && { summaryId: row.summary_id }),
  };
  return { seq: row.seq, memory };
}

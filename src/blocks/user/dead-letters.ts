/**
 * Messages that could not be processed, or had to make room: kept aside with the reason, to be looked
 * at and put back.
 *
 * @module
 */

import { bodyBytes } from '../../core/blocks/block-body.ts';
import type { MessageFacts } from '../kit/mailbox-store.ts';
import type { DeadLetter, LetterPage } from './block-api.ts';
import type { BlockParts } from './block-parts.ts';

/** Most dead letters of a block, and most bytes of their bodies; the oldest make room. */
const MAX_LETTERS = 1_000;
const MAX_LETTER_BYTES = 8_388_608;

const COLUMNS = `(
  seq INTEGER PRIMARY KEY, facts TEXT NOT NULL, body ANY, bytes INTEGER NOT NULL,
  attempts INTEGER NOT NULL, reason TEXT NOT NULL, at INTEGER NOT NULL
) STRICT`;

type Row = {
  seq: number;
  facts: string;
  body: string | ArrayBuffer | null;
  attempts: number;
  reason: string;
  at: number;
};

/** Part of a transaction: moves a message out of the mailbox. */
export function deadLetter(parts: BlockParts, seq: number, reason: string): void {
  const message = parts.mailbox.read(seq);
  if (message === undefined) return;
  const { body, attempts, leasedUntil: _, seq: __, ...facts } = message;
  const { sql } = parts.storage;
  parts.tables.make('dead_letters', COLUMNS);
  sql.exec(
    'INSERT INTO dead_letters (seq, facts, body, bytes, attempts, reason, at) VALUES (?, ?, ?, ?, ?, ?, ?)',
    seq,
    JSON.stringify(facts),
    parts.values.spillBody(letterKey(seq), body),
    bodyBytes(body),
    attempts,
    reason,
    parts.now(),
  );
  parts.mailbox.remove(seq);
  parts.facts.count('deadLettered');
  makeRoom(parts);
}

/** Oldest first. */
export function listDeadLetters(parts: BlockParts, { after, limit }: LetterPage): DeadLetter[] {
  if (!parts.tables.has('dead_letters')) return [];
  return parts.storage.sql
    .exec<Row>(
      'SELECT seq, facts, body, attempts, reason, at FROM dead_letters WHERE seq > ? ORDER BY seq LIMIT ?',
      after,
      limit,
    )
    .toArray()
    .map((row) => toLetter(parts, row));
}

/** Part of a transaction: takes a letter out, to be accepted anew. */
export function takeDeadLetter(parts: BlockParts, seq: number): DeadLetter | undefined {
  const [letter] = listDeadLetters(parts, { after: seq - 1, limit: 1 });
  if (letter?.seq !== seq) return undefined;
  remove(parts, seq);
  return letter;
}

function makeRoom(parts: BlockParts): void {
  for (;;) {
    const { count, bytes, oldest } = parts.storage.sql
      .exec<{ count: number; bytes: number; oldest: number }>(
        'SELECT count(*) AS count, sum(bytes) AS bytes, min(seq) AS oldest FROM dead_letters',
      )
      .one();
    if (count <= MAX_LETTERS && (bytes <= MAX_LETTER_BYTES || count === 1)) return;
    remove(parts, oldest);
  }
}

function remove(parts: BlockParts, seq: number): void {
  parts.storage.sql.exec('DELETE FROM dead_letters WHERE seq = ?', seq);
  parts.values.delete(letterKey(seq));
}

function toLetter(parts: BlockParts, { facts, body, ...row }: Row): DeadLetter {
  return {
    ...(JSON.parse(facts) as MessageFacts),
    ...row,
    body: parts.values.unspillBody(letterKey(row.seq), body),
  };
}

function letterKey(seq: number): string {
  return `dead/${seq}`;
}

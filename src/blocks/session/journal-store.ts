/**
 * The journals of a session's turns, and the events that are read out of them.
 *
 * @module
 */

import type { TurnEvent, TurnEventBody } from '../../core/conversation/turn-event.ts';
import type { ChunkedValues } from '../kit/chunked-values.ts';
import { type SessionEntry, toEvents } from './session-entry.ts';
import type { TurnRow } from './turn-store.ts';

/** Most entries, and about how many characters of them, one page of events is read from. */
const MAX_PAGE_ENTRIES = 200;
const MAX_PAGE_CHARS = 4_194_304;

/** An entry, and how many events it shows: a call that is started again shows none. */
export interface FoldedEntry {
  readonly entry: SessionEntry;
  readonly events: number;
}

/** Entries that were committed together share a row. */
type StoredBatch = {
  last_event: number;
  last_entry: number;
  events: number;
  at: number;
  body: string | null;
};

/** One entry in the body of a row. */
type StoredEntry = SessionEntry | { readonly silent: SessionEntry };

/** What will be a row once the transaction ends. */
interface GatheredBatch {
  readonly lastEntry: number;
  readonly lastEvent: number;
  readonly events: number;
  readonly at: number;
  readonly stored: readonly StoredEntry[];
}

export class JournalStore {
  readonly #sql: SqlStorage;
  readonly #values: ChunkedValues;
  /** By the ordinal of their turn. */
  readonly #gathered = new Map<number, GatheredBatch>();

  constructor(sql: SqlStorage, values: ChunkedValues) {
    this.#sql = sql;
    this.#values = values;
  }

  /** Adds entries, and moves the row's counters. The same transaction flushes them. */
  append(row: TurnRow, entries: readonly FoldedEntry[], at: number): void {
    if (entries.length === 0) return;
    const events = entries.reduce((sum, folded) => sum + folded.events, 0);
    row.lastEntry += entries.length;
    row.lastEvent += events;
    const stored = entries.map(
      (folded): StoredEntry => (folded.events === 0 ? { silent: folded.entry } : folded.entry),
    );
    const { lastEntry, lastEvent } = row;
    const before = this.#gathered.get(row.seq);
    this.#gathered.set(row.seq, {
      ...{ lastEntry, lastEvent, at },
      events: (before?.events ?? 0) + events,
      stored: [...(before?.stored ?? []), ...stored],
    });
  }

  /** Part of a transaction, at its end: one row for each turn. */
  flush(): void {
    for (const [turn, { lastEntry, lastEvent, events, at, stored }] of this.#gathered) {
      this.#sql.exec(
        'INSERT INTO journal (turn, last_event, last_entry, events, at, body) VALUES (?, ?, ?, ?, ?, ?)',
        turn,
        lastEvent,
        lastEntry,
        events,
        at,
        this.#values.spill(batchKey(turn, lastEntry), JSON.stringify(stored)),
      );
    }
    this.#gathered.clear();
  }

  /** After a transaction was rolled back. */
  forget(): void {
    this.#gathered.clear();
  }

  /** The whole journal of a turn, and the counters of its row. */
  read(turn: number): {
    readonly entries: readonly SessionEntry[];
    readonly lastEntry: number;
    readonly lastEvent: number;
  } {
    const entries: SessionEntry[] = [];
    let last = { last_entry: 0, last_event: 0 };
    for (const batch of this.#batches(turn, -1)) {
      entries.push(...this.#read(turn, batch).map((stored) => entryOf(stored)));
      last = batch;
    }
    return { entries, lastEntry: last.last_entry, lastEvent: last.last_event };
  }

  /** The next events after `afterId`, at least one if there is one. */
  events(turn: number, afterId: number): TurnEvent[] {
    const page: TurnEvent[] = [];
    let entries = 0;
    let chars = 0;
    for (const batch of this.#batches(turn, afterId)) {
      const stored = batch.events === 0 ? [] : this.#read(turn, batch);
      const charsEach = (batch.body?.length ?? MAX_PAGE_CHARS) / stored.length;
      let id = batch.last_event - batch.events;
      for (const entry of stored) {
        const events = eventsOf(entry).map((body) => ({ id: ++id, at: batch.at, body }));
        if (events.length === 0 || id <= afterId) continue;
        page.push(...events.filter((event) => event.id > afterId));
        entries += 1;
        chars += charsEach;
        if (entries >= MAX_PAGE_ENTRIES || chars >= MAX_PAGE_CHARS) return page;
      }
    }
    return page;
  }

  #batches(turn: number, afterEvent: number): Iterable<StoredBatch> {
    return this.#sql.exec<StoredBatch>(
      `SELECT last_event, last_entry, events, at, body FROM journal
       WHERE turn = ? AND last_event > ? ORDER BY last_event, last_entry`,
      turn,
      afterEvent,
    );
  }

  #read(turn: number, { last_entry: lastEntry, body }: StoredBatch): readonly StoredEntry[] {
    return JSON.parse(this.#values.unspill(batchKey(turn, lastEntry), body));
  }
}

function entryOf(stored: StoredEntry): SessionEntry {
  return 'silent' in stored ? stored.silent : stored;
}

function eventsOf(stored: StoredEntry): readonly TurnEventBody[] {
  return 'silent' in stored ? [] : toEvents(stored);
}

function batchKey(turn: number, lastEntry: number): string {
  return `entries/${turn}/${lastEntry}`;
}

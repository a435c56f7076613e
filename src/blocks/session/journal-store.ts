/**
 * The journals of a session's turns, and the events that are read out of them.
 *
 * @module
 */

import type { TurnEvent } from '../../core/conversation/turn-event.ts';
import type { ChunkedValues } from '../kit/chunked-values.ts';
import { type SessionEntry, toEvents } from './session-entry.ts';
import type { TurnRow } from './turn-store.ts';

/** Most entries, and about how many characters of them, that one page of events is read from. */
const MAX_PAGE_ENTRIES = 200;
const MAX_PAGE_CHARS = 4_194_304;

type StoredEntry = {
  last_event: number;
  entry: number;
  events: number;
  at: number;
  body: string | null;
};

export class JournalStore {
  readonly #sql: SqlStorage;
  readonly #values: ChunkedValues;

  constructor(sql: SqlStorage, values: ChunkedValues) {
    this.#sql = sql;
    this.#values = values;
  }

  /** Adds an entry that shows `events` events, and moves the row's counters; the caller saves it. */
  append(row: TurnRow, entry: SessionEntry, { events, at }: { events: number; at: number }): void {
    row.lastEntry += 1;
    row.lastEvent += events;
    this.#sql.exec(
      'INSERT INTO journal (turn, last_event, entry, events, at, body) VALUES (?, ?, ?, ?, ?, ?)',
      row.seq,
      row.lastEvent,
      row.lastEntry,
      events,
      at,
      this.#values.spill(entryKey(row.seq, row.lastEntry), JSON.stringify(entry)),
    );
  }

  entries(turn: number): SessionEntry[] {
    return [...this.#rows(turn, -1)].map((stored) => this.#read(turn, stored));
  }

  /** The next events after `afterId`, at least one if there is one. */
  events(turn: number, afterId: number): TurnEvent[] {
    const events: TurnEvent[] = [];
    let entries = 0;
    let chars = 0;
    for (const stored of this.#rows(turn, afterId)) {
      if (stored.events === 0) continue;
      const firstId = stored.last_event - stored.events + 1;
      const bodies = toEvents(this.#read(turn, stored));
      for (const [place, body] of bodies.entries()) {
        const id = firstId + place;
        if (id > afterId) events.push({ id, at: stored.at, body });
      }
      entries += 1;
      chars += stored.body?.length ?? MAX_PAGE_CHARS;
      if (entries === MAX_PAGE_ENTRIES || chars >= MAX_PAGE_CHARS) break;
    }
    return events;
  }

  #rows(turn: number, afterEvent: number): Iterable<StoredEntry> {
    return this.#sql.exec<StoredEntry>(
      `SELECT last_event, entry, events, at, body FROM journal
       WHERE turn = ? AND last_event > ? ORDER BY last_event, entry`,
      turn,
      afterEvent,
    );
  }

  #read(turn: number, { entry, body }: StoredEntry): SessionEntry {
    return JSON.parse(this.#values.unspill(entryKey(turn, entry), body));
  }
}

function entryKey(turn: number, entry: number): string {
  return `entry/${turn}/${entry}`;
}

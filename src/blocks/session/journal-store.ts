/**
 * The journals of a session's turns, and the events that are read out of them.
 *
 * @module
 */

import type { TurnEvent, TurnEventBody } from '../../core/conversation/turn-event.ts';
import { Fault } from '../../core/errors/fault.ts';
import type { ChunkedValues } from '../kit/chunked-values.ts';
import { type SessionEntry, toEvents } from './session-entry.ts';
import type { JournalCounters, TurnRow } from './turn-store.ts';

/** Most entries, and about how many characters of them, one page of events is read from. */
const MAX_PAGE_ENTRIES = 200;
const MAX_PAGE_CHARS = 4_194_304;

const MAX_TURNS = 2 ** 24 - 1;
const MAX_EVENTS = 2 ** 20 - 1;
const MAX_SILENT_BATCHES = 2 ** 9 - 1;

/** An entry, and how many events it shows: a call that is started again shows none. */
export interface FoldedEntry {
  readonly entry: SessionEntry;
  readonly events: number;
}

/** Entries that were committed together share a row. */
type StoredBatch = {
  place: number;
  events: number;
  at: number;
  body: string | null;
};

/** One entry in the body of a row. */
type StoredEntry = SessionEntry | { readonly silent: SessionEntry };

/** What will be a row once the transaction ends. */
interface GatheredBatch {
  readonly events: number;
  readonly at: number;
  readonly stored: readonly StoredEntry[];
}

export class JournalStore {
  readonly #sql: SqlStorage;
  readonly #values: ChunkedValues;
  readonly #gathered = new Map<TurnRow, GatheredBatch>();

  constructor(sql: SqlStorage, values: ChunkedValues) {
    this.#sql = sql;
    this.#values = values;
  }

  /** Adds entries, and moves the row's counters. The same transaction flushes them. */
  append(row: TurnRow, entries: readonly FoldedEntry[], at: number): void {
    if (entries.length === 0) return;
    const events = entries.reduce((sum, folded) => sum + folded.events, 0);
    row.lastEvent += events;
    const stored = entries.map(
      (folded): StoredEntry => (folded.events === 0 ? { silent: folded.entry } : folded.entry),
    );
    const before = this.#gathered.get(row);
    this.#gathered.set(row, {
      at,
      events: (before?.events ?? 0) + events,
      stored: [...(before?.stored ?? []), ...stored],
    });
  }

  /** When the newest turn was written of last, epoch milliseconds. */
  lastAt(): number | undefined {
    const query = 'SELECT at FROM journal ORDER BY place DESC LIMIT 1';
    return this.#sql.exec<{ at: number }>(query).toArray()[0]?.at;
  }

  /** Part of a transaction, at its end: one row for each turn. */
  flush(): void {
    for (const [row, { events, at, stored }] of this.#gathered) {
      row.silentBatches = events === 0 ? row.silentBatches + 1 : 0;
      const place = toPlace(row.seq, row);
      this.#sql.exec(
        'INSERT INTO journal (place, events, at, body) VALUES (?, ?, ?, ?)',
        place,
        events,
        at,
        this.#values.spill(batchKey(place), JSON.stringify(stored)),
      );
    }
    this.#gathered.clear();
  }

  /** After a transaction was rolled back. */
  forget(): void {
    this.#gathered.clear();
  }

  /** The whole journal of a turn, and the counters of its row. */
  read(turn: number): JournalCounters & { readonly entries: readonly SessionEntry[] } {
    const entries: SessionEntry[] = [];
    let last = 0;
    for (const batch of this.#batches(turn, -1)) {
      entries.push(...this.#read(batch).map((stored) => entryOf(stored)));
      last = batch.place;
    }
    return { entries, ...toCounters(last) };
  }

  /** The next events after `afterId`, at least one if there is one. */
  events(turn: number, afterId: number): TurnEvent[] {
    const page: TurnEvent[] = [];
    let entries = 0;
    let chars = 0;
    for (const batch of this.#batches(turn, afterId)) {
      const stored = batch.events === 0 ? [] : this.#read(batch);
      const charsEach = (batch.body?.length ?? MAX_PAGE_CHARS) / stored.length;
      let id = toCounters(batch.place).lastEvent - batch.events;
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

  /** Those whose last event comes after that one; all of them after event -1. */
  #batches(turn: number, afterEvent: number): Iterable<StoredBatch> {
    return this.#sql.exec<StoredBatch>(
      'SELECT place, events, at, body FROM journal WHERE place > ? AND place < ? ORDER BY place',
      toPlace(turn, { lastEvent: afterEvent, silentBatches: MAX_SILENT_BATCHES }),
      toPlace(turn + 1, { lastEvent: 0, silentBatches: 0 }),
    );
  }

  #read({ place, body }: StoredBatch): readonly StoredEntry[] {
    return JSON.parse(this.#values.unspill(batchKey(place), body));
  }
}

/**
 * Where a row stands among all of a session: by its turn, its last event, and among those that share
 * this since they show none. One number, so that the table needs no index; of 53 bits 24, 20 and 9.
 *
 * @throws Fault `conflict` once there are more than the number has room for.
 */
function toPlace(turn: number, { lastEvent, silentBatches }: JournalCounters): number {
  const isTooMuch = turn > MAX_TURNS || lastEvent > MAX_EVENTS;
  if (isTooMuch || silentBatches > MAX_SILENT_BATCHES) {
    throw new Fault('conflict', 'Cannot journal: a new session must be begun');
  }
  return (turn * (MAX_EVENTS + 1) + lastEvent) * (MAX_SILENT_BATCHES + 1) + silentBatches;
}

function toCounters(place: number): JournalCounters {
  const ofEvent = Math.floor(place / (MAX_SILENT_BATCHES + 1));
  return {
    lastEvent: ofEvent % (MAX_EVENTS + 1),
    silentBatches: place % (MAX_SILENT_BATCHES + 1),
  };
}

function entryOf(stored: StoredEntry): SessionEntry {
  return 'silent' in stored ? stored.silent : stored;
}

function eventsOf(stored: StoredEntry): readonly TurnEventBody[] {
  return 'silent' in stored ? [] : toEvents(stored);
}

function batchKey(place: number): string {
  return `entries/${place}`;
}

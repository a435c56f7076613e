/**
 * The turns that a session block has in memory, each with its folded journal.
 *
 * Memory is a copy of storage. Whoever changes a turn does so within a transaction; when that is
 * rolled back, everything here is forgotten and read again.
 *
 * @module
 */

import type { Authority } from '../../core/policy/authority.ts';
import type { TurnId } from '../../core/primitives/ids.ts';
import type { JournalStore } from './journal-store.ts';
import { TurnProgress } from './turn-progress.ts';
import type { TurnRow, TurnStore } from './turn-store.ts';

export interface LiveTurn {
  readonly row: TurnRow;
  readonly progress: TurnProgress;
  /** What its present run was started with. Lost with the object's memory. */
  first?: Authority;
}

/** Ended turns that are kept for those who ask for the summary right after. */
const MAX_REMEMBERED = 4;

export class LiveTurns {
  readonly #turns: TurnStore;
  readonly #journal: JournalStore;
  readonly #remembered = new Map<TurnId, LiveTurn>();
  #holder: LiveTurn | undefined | 'unread' = 'unread';
  #queue: TurnId[] | undefined;

  constructor(turns: TurnStore, journal: JournalStore) {
    this.#turns = turns;
    this.#journal = journal;
  }

  /** The turn that has the lane, running or waiting. */
  holder(): LiveTurn | undefined {
    if (this.#holder === 'unread') this.#holder = this.#read().holder;
    return this.#holder;
  }

  find(id: TurnId): LiveTurn | undefined {
    const known = this.#remembered.get(id);
    if (known !== undefined) return known;
    const row = this.#turns.byId(id);
    return row && this.#remember(row);
  }

  /** How many turns wait for the lane. */
  countQueued(): number {
    return this.#queued().length;
  }

  /** The turn that is next in the lane. */
  firstQueued(): LiveTurn | undefined {
    const [id] = this.#queued();
    return id && this.find(id);
  }

  /** A turn that was just admitted: the last one in the queue. */
  add(row: TurnRow): LiveTurn {
    const { id } = row.facts;
    if (!this.#queued().includes(id)) this.#queued().push(id);
    return this.#keep({ row, progress: new TurnProgress() });
  }

  /** A queued turn gets the lane. */
  begin(turn: LiveTurn): void {
    this.#leaveQueue(turn);
    this.#holder = turn;
  }

  /** A turn has ended, in the lane or while it was waiting for it. */
  end(turn: LiveTurn): void {
    this.#leaveQueue(turn);
    if (this.holder() === turn) this.#holder = undefined;
  }

  forget(): void {
    this.#remembered.clear();
    this.#holder = 'unread';
    this.#queue = undefined;
  }

  /** Read before a turn is added to the table, or with it: then it is in the list already. */
  #queued(): TurnId[] {
    return this.#queue ?? this.#read().queue;
  }

  #read(): { readonly holder: LiveTurn | undefined; readonly queue: TurnId[] } {
    const unended = this.#turns.unended();
    const row = unended.find(({ status }) => status !== 'queued');
    const holder = row && this.#remember(row);
    const queued = unended.filter(({ status }) => status === 'queued');
    const queue = queued.map(({ facts }) => facts.id);
    this.#holder = holder;
    this.#queue = queue;
    return { holder, queue };
  }

  #leaveQueue({ row }: LiveTurn): void {
    this.#queue = this.#queued().filter((id) => id !== row.facts.id);
  }

  #remember(row: TurnRow): LiveTurn {
    const known = this.#remembered.get(row.facts.id);
    if (known !== undefined) return known;
    const progress = new TurnProgress();
    const { entries, ...counters } = this.#journal.read(row.seq);
    for (const entry of entries) progress.apply(entry);
    return this.#keep({ row: { ...row, ...counters }, progress });
  }

  #keep(turn: LiveTurn): LiveTurn {
    for (const [id, { row }] of this.#remembered) {
      if (this.#remembered.size < MAX_REMEMBERED) break;
      if (turn.row.seq !== row.seq && this.#holder !== this.#remembered.get(id)) {
        this.#remembered.delete(id);
      }
    }
    this.#remembered.set(turn.row.facts.id, turn);
    return turn;
  }
}

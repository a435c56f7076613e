/**
 * The turns of a session: one row each, from admission on.
 *
 * @module
 */

import type { ClientWishes } from '../../core/conversation/client-wishes.ts';
import type { Message } from '../../core/conversation/message.ts';
import type { Turn, TurnDriver, TurnStatus } from '../../core/conversation/turn.ts';
import type { Spend } from '../../core/policy/ledger.ts';
import type { Principal } from '../../core/policy/principal.ts';
import type { Slice } from '../../core/policy/slice.ts';
import type { TurnId } from '../../core/primitives/ids.ts';
import type { ChunkedValues } from '../kit/chunked-values.ts';

/** What never changes about a turn. */
export interface TurnFacts {
  readonly id: TurnId;
  readonly principal: Principal;
  readonly requestId: string;
  readonly driver: TurnDriver;
  /** As reserved at admission. */
  readonly slice: Slice;
  /** Most that it may spend, whatever is added to its slice. */
  readonly ceiling?: Spend;
  /** Under which the workspace knows what was reserved: its own, or a turn's before it; see `reservationOf`. */
  readonly reservation: TurnId;
  /** As in `Turn`. */
  readonly onAsk: Turn['onAsk'];
  readonly wishes?: ClientWishes;
  /** As in `Turn`. */
  readonly onlyTools?: readonly string[];
  /** As in `AdmitTurn`. */
  readonly standsAlone?: true;
}

export interface TurnRow {
  readonly seq: number;
  readonly facts: TurnFacts;
  status: TurnStatus;
  /** Revision of the authority that its latest run was given. */
  revision: number;
  /** Epoch of its latest run; 0 until it starts. */
  epoch: number;
  /** Of a turn that waits for humans: when its last run let go of it. */
  leaseUntil: number;
  /** The lease as it is written: renewals are not written one by one. */
  writtenLeaseUntil: number;
  deadlineAt: number;
  /** How often a lost run was followed by another. */
  resumes: number;
  lastEvent: number;
  silentBatches: number;
}

/** How far the journal of a turn has come; they are read there. */
export interface JournalCounters {
  /** Id of its last event. */
  readonly lastEvent: number;
  /** Commits since then that showed no event. */
  readonly silentBatches: number;
}

type StoredTurn = {
  seq: number;
  id: string;
  status: string;
  facts: string | null;
  revision: number;
  epoch: number;
  lease_until: number;
  deadline_at: number;
  resumes: number;
};

const COLUMNS = 'seq, id, status, facts, revision, epoch, lease_until, deadline_at, resumes';

const NOTHING_JOURNALED = { lastEvent: 0, silentBatches: 0 };

export class TurnStore {
  readonly #sql: SqlStorage;
  readonly #values: ChunkedValues;
  #lastSeq: number | undefined;
  #newestEpoch: number | undefined;

  constructor(sql: SqlStorage, values: ChunkedValues) {
    this.#sql = sql;
    this.#values = values;
  }

  /** A queued turn at the end of the lane, which is still to be inserted. */
  next(facts: TurnFacts, revision: number): TurnRow {
    return {
      ...{ seq: this.#readLastSeq() + 1, facts, status: 'queued', revision },
      ...{ epoch: 0, leaseUntil: 0, writtenLeaseUntil: 0, deadlineAt: 0, resumes: 0 },
      ...NOTHING_JOURNALED,
    };
  }

  /** `input` are the messages of a turn that cannot start yet. */
  insert(row: TurnRow, input?: readonly Message[]): void {
    const { id } = row.facts;
    this.#sql.exec(
      `INSERT INTO turns (${COLUMNS}, input) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      row.seq,
      id,
      row.status,
      this.#values.spill(factsKey(id), JSON.stringify(row.facts)),
      row.revision,
      row.epoch,
      row.leaseUntil,
      row.deadlineAt,
      row.resumes,
      input === undefined ? null : this.#values.spill(inputKey(id), JSON.stringify(input)),
    );
    row.writtenLeaseUntil = row.leaseUntil;
    this.#lastSeq = row.seq;
  }

  /** The messages that were held, which are then held no longer. */
  takeInput({ seq, facts }: TurnRow): readonly Message[] {
    const { input } = this.#sql
      .exec<{ input: string | null }>('SELECT input FROM turns WHERE seq = ?', seq)
      .one();
    const key = inputKey(facts.id);
    const messages: readonly Message[] = JSON.parse(this.#values.unspill(key, input));
    this.#values.delete(key);
    this.#sql.exec('UPDATE turns SET input = NULL WHERE seq = ?', seq);
    return messages;
  }

  /** Writes everything that may change. */
  save(row: TurnRow): void {
    this.#sql.exec(
      `UPDATE turns SET status = ?, revision = ?, epoch = ?, lease_until = ?, deadline_at = ?,
         resumes = ? WHERE seq = ?`,
      row.status,
      row.revision,
      row.epoch,
      row.leaseUntil,
      row.deadlineAt,
      row.resumes,
      row.seq,
    );
    row.writtenLeaseUntil = row.leaseUntil;
  }

  /** For the next run: greater than that of any run before. */
  nextEpoch(): number {
    this.#newestEpoch = this.newestEpoch() + 1;
    return this.#newestEpoch;
  }

  /** The turn that was admitted last. */
  newestId(): string | undefined {
    const [row] = this.#sql
      .exec<{ id: string }>('SELECT id FROM turns ORDER BY seq DESC LIMIT 1')
      .toArray();
    return row?.id;
  }

  /** The last one that has not come to nothing. */
  newestKeptId(): string | undefined {
    const [row] = this.#sql
      .exec<{ id: string }>(
        "SELECT id FROM turns WHERE status NOT IN ('failed', 'cancelled') ORDER BY seq DESC LIMIT 1",
      )
      .toArray();
    return row?.id;
  }

  newest(): TurnRow | undefined {
    return this.#first('ORDER BY seq DESC LIMIT 1');
  }

  /** Turns run in the order of their admission, so the last one that ran has it. */
  newestEpoch(): number {
    this.#newestEpoch ??=
      this.#sql
        .exec<{ epoch: number }>(
          'SELECT epoch FROM turns WHERE epoch > 0 ORDER BY seq DESC LIMIT 1',
        )
        .toArray()[0]?.epoch ?? 0;
    return this.#newestEpoch;
  }

  /** After a transaction was rolled back, or storage was wiped: memory may be ahead of it. */
  forget(): void {
    this.#lastSeq = undefined;
    this.#newestEpoch = undefined;
  }

  byId(id: TurnId): TurnRow | undefined {
    return this.#first('WHERE id = ?', id);
  }

  /** Every turn that has not ended, the holder of the lane first. */
  unended(): TurnRow[] {
    const unended: TurnRow[] = [];
    const newestFirst = this.#sql.exec<StoredTurn>(
      `SELECT ${COLUMNS} FROM turns ORDER BY seq DESC`,
    );
    for (const stored of newestFirst) {
      const row = this.#toRow(stored);
      if (!hasEnded(row)) unended.unshift(row);
      // Turns run in the order of their admission: before one that has run all others have ended.
      else if (row.epoch > 0) break;
    }
    return unended;
  }

  /** How many there are, whatever became of them. */
  count(): number {
    return this.#sql.exec<{ n: number }>('SELECT count(*) AS n FROM turns').one().n;
  }

  #first(where: string, ...values: SqlStorageValue[]): TurnRow | undefined {
    return this.#all(where, ...values)[0];
  }

  #all(where: string, ...values: SqlStorageValue[]): TurnRow[] {
    return this.#sql
      .exec<StoredTurn>(`SELECT ${COLUMNS} FROM turns ${where}`, ...values)
      .toArray()
      .map((stored) => this.#toRow(stored));
  }

  #toRow(stored: StoredTurn): TurnRow {
    return {
      seq: stored.seq,
      facts: JSON.parse(this.#values.unspill(factsKey(stored.id), stored.facts)),
      status: toStatus(stored.status),
      revision: stored.revision,
      epoch: stored.epoch,
      leaseUntil: stored.lease_until,
      writtenLeaseUntil: stored.lease_until,
      deadlineAt: stored.deadline_at,
      resumes: stored.resumes,
      ...NOTHING_JOURNALED,
    };
  }

  #readLastSeq(): number {
    this.#lastSeq ??= this.#sql
      .exec<{ seq: number }>('SELECT coalesce(max(seq), 0) AS seq FROM turns')
      .one().seq;
    return this.#lastSeq;
  }
}

export function hasEnded({ status }: Pick<TurnRow, 'status'>): boolean {
  return status === 'finished' || status === 'failed' || status === 'cancelled';
}

/** Nothing more happens to it by itself: it has ended, or waits for a human. */
export function isAtRest(row: Pick<TurnRow, 'status'>): boolean {
  return hasEnded(row) || row.status === 'waiting';
}

function toStatus(text: string): TurnStatus {
  return text as TurnStatus;
}

function factsKey(id: string): string {
  return `facts/${id}`;
}

function inputKey(id: string): string {
  return `input/${id}`;
}

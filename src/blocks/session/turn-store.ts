/**
 * The turns of a session: one row each, from admission on.
 *
 * @module
 */

import type { Message } from '../../core/conversation/message.ts';
import type { TurnDriver, TurnStatus } from '../../core/conversation/turn.ts';
import type { Principal } from '../../core/policy/principal.ts';
import type { Slice } from '../../core/policy/slice.ts';
import { parseTurnId, type TurnId } from '../../core/primitives/ids.ts';
import type { ChunkedValues } from '../kit/chunked-values.ts';

/** What never changes about a turn. */
export interface TurnFacts {
  readonly id: TurnId;
  readonly principal: Principal;
  readonly requestId: string;
  readonly driver: TurnDriver;
  /** As reserved at admission. */
  readonly slice: Slice;
  readonly admittedAt: number;
}

export interface TurnRow {
  readonly seq: number;
  readonly facts: TurnFacts;
  status: TurnStatus;
  /** Revision of the authority that its latest run was given. */
  revision: number;
  /** Epoch of its latest run; 0 until it starts. */
  epoch: number;
  leaseUntil: number;
  deadlineAt: number;
  /** How often a lost run was followed by another. */
  resumes: number;
  /** Ordinal of its last journal entry, and id of its last event. */
  lastEntry: number;
  lastEvent: number;
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
  last_entry: number;
  last_event: number;
};

const COLUMNS =
  'seq, id, status, facts, revision, epoch, lease_until, deadline_at, resumes, last_entry, last_event';

export class TurnStore {
  readonly #sql: SqlStorage;
  readonly #values: ChunkedValues;

  constructor(sql: SqlStorage, values: ChunkedValues) {
    this.#sql = sql;
    this.#values = values;
  }

  /** Adds a queued turn at the end of the lane. */
  insert(facts: TurnFacts, revision: number): TurnRow {
    const { id } = facts;
    const { seq } = this.#sql
      .exec<{ seq: number }>(
        `INSERT INTO turns (id, status, facts, revision, epoch, lease_until, deadline_at, resumes,
           last_entry, last_event) VALUES (?, 'queued', ?, ?, 0, 0, 0, 0, 0, 0) RETURNING seq`,
        id,
        this.#values.spill(factsKey(id), JSON.stringify(facts)),
        revision,
      )
      .one();
    const times = { leaseUntil: 0, deadlineAt: 0, resumes: 0, lastEntry: 0, lastEvent: 0 };
    return { seq, facts, status: 'queued', revision, epoch: 0, ...times };
  }

  /** Keeps the messages of a turn that cannot start yet. */
  holdInput({ seq, facts }: TurnRow, messages: readonly Message[]): void {
    const input = this.#values.spill(inputKey(facts.id), JSON.stringify(messages));
    this.#sql.exec('UPDATE turns SET input = ? WHERE seq = ?', input, seq);
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

  /** Writes everything that may change but the journal's counters. */
  save(row: TurnRow): void {
    this.#sql.exec(
      `UPDATE turns SET status = ?, revision = ?, epoch = ?, lease_until = ?, deadline_at = ?,
         resumes = ?, last_entry = ?, last_event = ? WHERE seq = ?`,
      row.status,
      row.revision,
      row.epoch,
      row.leaseUntil,
      row.deadlineAt,
      row.resumes,
      row.lastEntry,
      row.lastEvent,
      row.seq,
    );
  }

  byId(id: TurnId): TurnRow | undefined {
    return this.#first('WHERE id = ?', id);
  }

  /** The turn that has the lane, running or waiting. */
  holder(): TurnRow | undefined {
    return this.#first("WHERE status IN ('running', 'waiting') ORDER BY seq LIMIT 1");
  }

  /** Ids of the turns that wait, in the order of their admission. */
  queuedIds(): TurnId[] {
    return this.#sql
      .exec<{ id: string }>("SELECT id FROM turns WHERE status = 'queued' ORDER BY seq")
      .toArray()
      .flatMap(({ id }) => parseTurnId(id) ?? []);
  }

  /** Every turn that has not ended, the holder of the lane first. */
  unended(): TurnRow[] {
    return this.#all("WHERE status IN ('queued', 'running', 'waiting') ORDER BY seq");
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
      deadlineAt: stored.deadline_at,
      resumes: stored.resumes,
      lastEntry: stored.last_entry,
      lastEvent: stored.last_event,
    };
  }
}

export function hasEnded({ status }: Pick<TurnRow, 'status'>): boolean {
  return status === 'finished' || status === 'failed' || status === 'cancelled';
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

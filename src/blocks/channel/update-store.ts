/**
 * The durable inbox: each update once, in the order in which they came.
 *
 * @module
 */

import type { Update } from '../../channels/update.ts';
import { addLoad, EMPTY_LOAD, type InboxLoad } from '../../core/channels/inbox-bounds.ts';
import type { SessionId, TurnId } from '../../core/primitives/ids.ts';
import type { ContentSeal } from '../kit/content-seal.ts';
import type { UpdateDescription, UpdateStatus } from './channel-api.ts';

/** How long an update's id is remembered, in milliseconds: longer than any platform repeats it. */
const KEPT_MS = 8 * 86_400_000;

/** Most updates in a description of a channel. */
const SHOWN = 50;

/** What is kept of an update. Its words go when they have been answered. */
export interface UpdateFacts {
  readonly update?: Omit<Update, 'replyToken'>;
  /** Sealed; base64. */
  readonly replyToken?: string;
  readonly principal?: string;
  readonly sessionId?: SessionId;
  readonly turnId?: TurnId;
  readonly code?: string;
}

export interface StoredUpdate {
  readonly seq: number;
  readonly channel: string;
  readonly updateId: string;
  readonly status: UpdateStatus;
  readonly receivedAt: number;
  readonly facts: UpdateFacts;
  /** Of the facts, as they are stored. */
  readonly bytes: number;
}

/** One that waits for its turn, and the session that it waits in. */
export interface QueuedUpdate {
  readonly seq: number;
  readonly channel: string;
  readonly lane: string;
}

/** Where a turn may be under way, as whom it began, and which it is, as far as that is known. */
export interface TurnPlace extends Required<Pick<UpdateFacts, 'sessionId' | 'principal'>> {
  readonly updateId: string;
  readonly turnId?: TurnId;
}

type UpdateRow = {
  seq: number;
  channel: string;
  update_id: string;
  status: UpdateStatus;
  received_at: number;
  facts: string;
};

export class UpdateStore {
  readonly #sql: SqlStorage;
  readonly #sealing: ContentSeal;
  /** What waits, by channel. */
  #waiting: Map<string, InboxLoad> | undefined;
  /** The last number that was given. Numbers are given here, since asking for one costs as much again. */
  #lastSeq: number | undefined;

  constructor(sql: SqlStorage, sealing: ContentSeal) {
    this.#sql = sql;
    this.#sealing = sealing;
  }

  createTable(): void {
    this.#sql.exec(`
      CREATE TABLE IF NOT EXISTS updates (
        seq INTEGER PRIMARY KEY AUTOINCREMENT, channel TEXT NOT NULL, update_id TEXT NOT NULL,
        status TEXT NOT NULL, received_at INTEGER NOT NULL, facts TEXT NOT NULL,
        UNIQUE (channel, update_id)
      ) STRICT;
      CREATE INDEX IF NOT EXISTS waiting_updates ON updates (seq) WHERE status = 'waiting'`);
    this.forget();
  }

  /** Memory may be ahead of storage: counts again what is waiting when it is needed. */
  forget(): void {
    this.#waiting = undefined;
    this.#lastSeq = undefined;
  }

  /** What waits of a channel, and of all together. */
  load(channel: string): { readonly own: InboxLoad; readonly all: InboxLoad } {
    const all = [...this.#loads().values()].reduce(addLoad, EMPTY_LOAD);
    return { own: this.#loadOf(channel), all };
  }

  isEmpty(): boolean {
    return [...this.#loads().values()].every(({ updates }) => updates === 0);
  }

  has(channel: string, updateId: string): boolean {
    const known = this.#sql
      .exec('SELECT 1 FROM updates WHERE channel = ? AND update_id = ?', channel, updateId)
      .toArray();
    return known.length > 0;
  }

  /** Of an update that is not there yet. Answers its number. */
  insert({ channel, updateId, status, receivedAt, facts }: NewUpdate): number {
    this.#lastSeq ??= this.#readLastSeq();
    const seq = this.#lastSeq + 1;
    const column = this.#toColumn({ channel, updateId }, facts);
    this.#sql.exec(
      `INSERT INTO updates (seq, channel, update_id, status, received_at, facts)
       VALUES (?, ?, ?, ?, ?, ?)`,
      ...[seq, channel, updateId, status, receivedAt, column],
    );
    this.#lastSeq = seq;
    if (status === 'waiting') this.#count(channel, { updates: 1, bytes: bytesOf(column) });
    return seq;
  }

  find(seq: number): StoredUpdate | undefined {
    const [row] = this.#sql.exec<UpdateRow>('SELECT * FROM updates WHERE seq = ?', seq).toArray();
    return row && this.#toUpdate(row);
  }

  findById(channel: string, updateId: string): StoredUpdate | undefined {
    const [row] = this.#sql
      .exec<UpdateRow>(
        'SELECT * FROM updates WHERE channel = ? AND update_id = ?',
        ...[channel, updateId],
      )
      .toArray();
    return row && this.#toUpdate(row);
  }

  /** All that wait, in their order; one is read at a time, since they may be many. */
  *queue(): Generator<QueuedUpdate> {
    const rows = this.#sql.exec<UpdateRow>(
      "SELECT * FROM updates WHERE status = 'waiting' ORDER BY seq",
    );
    for (const row of rows) {
      const { seq, channel, facts } = this.#toUpdate(row);
      yield { seq, channel, lane: facts.sessionId ?? '' };
    }
  }

  /**
   * Turns of a channel that may be under way, or of one sender: in each session it is at most his first
   * update that has one, since they come one after the other.
   */
  turnsOf(channel: string, sender?: string): readonly TurnPlace[] {
    const rows = this.#sql.exec<UpdateRow>(
      "SELECT * FROM updates WHERE status = 'waiting' AND channel = ? ORDER BY seq",
      channel,
    );
    const places = new Map<string, TurnPlace>();
    for (const row of rows) {
      const { updateId, facts } = this.#toUpdate(row);
      const { sessionId, principal, turnId, update } = facts;
      const isWanted = sender === undefined || update?.sender === sender;
      if (sessionId === undefined || principal === undefined || !isWanted) continue;
      const lane = `${sessionId} ${principal}`;
      if (places.has(lane)) continue;
      places.set(lane, { sessionId, principal, updateId, ...(turnId && { turnId }) });
    }
    return [...places.values()];
  }

  /** Of one that is waiting. */
  setFacts(update: StoredUpdate, facts: UpdateFacts): void {
    const column = this.#toColumn(update, facts);
    const { rowsWritten } = this.#sql.exec(
      'UPDATE updates SET facts = ? WHERE seq = ?',
      ...[column, update.seq],
    );
    if (rowsWritten === 0) return;
    this.#count(update.channel, { updates: 0, bytes: bytesOf(column) - update.bytes });
  }

  /** Ends one that was waiting; `false` if it is gone, as it is with its channel. */
  settle(update: StoredUpdate, status: UpdateStatus, facts: UpdateFacts): boolean {
    const { update: _, replyToken: __, ...kept } = facts;
    const { rowsWritten } = this.#sql.exec(
      'UPDATE updates SET status = ?, facts = ? WHERE seq = ?',
      ...[status, this.#toColumn(update, kept), update.seq],
    );
    if (rowsWritten === 0) return false;
    this.#count(update.channel, { updates: -1, bytes: -update.bytes });
    return true;
  }

  newest(channel: string): readonly UpdateDescription[] {
    return this.#sql
      .exec<UpdateRow>(
        'SELECT * FROM updates WHERE channel = ? ORDER BY seq DESC LIMIT ?',
        channel,
        SHOWN,
      )
      .toArray()
      .map((row) => this.#toUpdate(row))
      .map(({ updateId, status, receivedAt, facts }) => {
        const { update: _, replyToken: __, ...told } = facts;
        return { updateId, status, receivedAt, ...told };
      });
  }

  counts(channel: string): Record<UpdateStatus, number> {
    const rows = this.#sql
      .exec<{ status: UpdateStatus; count: number }>(
        'SELECT status, count(*) AS count FROM updates WHERE channel = ? GROUP BY status',
        channel,
      )
      .toArray()
      .map(({ status, count }) => [status, count]);
    return { waiting: 0, answered: 0, refused: 0, ...Object.fromEntries(rows) };
  }

  removeChannel(channel: string): void {
    this.#sql.exec('DELETE FROM updates WHERE channel = ?', channel);
    this.#waiting?.delete(channel);
  }

  sweep(now: number): void {
    this.#sql.exec(
      "DELETE FROM updates WHERE status <> 'waiting' AND received_at < ?",
      now - KEPT_MS,
    );
  }

  #readLastSeq(): number {
    const [row] = this.#sql
      .exec<{ seq: number }>("SELECT seq FROM sqlite_sequence WHERE name = 'updates'")
      .toArray();
    return row?.seq ?? 0;
  }

  #toUpdate({ update_id: updateId, received_at: receivedAt, ...row }: UpdateRow): StoredUpdate {
    const { seq, channel, status } = row;
    const facts = JSON.parse(this.#sealing.openText(rowOf({ channel, updateId }), row.facts));
    return { seq, channel, updateId, status, receivedAt, facts, bytes: bytesOf(row.facts) };
  }

  #loads(): Map<string, InboxLoad> {
    this.#waiting ??= new Map(
      this.#sql
        .exec<{ channel: string; updates: number; bytes: number }>(
          `SELECT channel, count(*) AS updates, sum(octet_length(facts)) AS bytes
           FROM updates WHERE status = 'waiting' GROUP BY channel`,
        )
        .toArray()
        .map(({ channel, ...load }) => [channel, load]),
    );
    return this.#waiting;
  }

  #loadOf(channel: string): InboxLoad {
    return this.#loads().get(channel) ?? EMPTY_LOAD;
  }

  /** After the write: what nobody has counted yet is counted with it later. */
  #count(channel: string, more: InboxLoad): void {
    this.#waiting?.set(channel, addLoad(this.#loadOf(channel), more));
  }

  #toColumn(update: UpdateKey, facts: UpdateFacts): string {
    return this.#sealing.seal(rowOf(update), JSON.stringify(facts));
  }
}

type NewUpdate = Omit<StoredUpdate, 'seq' | 'bytes'>;
type UpdateKey = Pick<StoredUpdate, 'channel' | 'updateId'>;

function rowOf({ channel, updateId }: UpdateKey): string {
  return `update/${channel}/${updateId}`;
}

function bytesOf(column: string): number {
  return Buffer.byteLength(column);
}

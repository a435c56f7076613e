/**
 * The durable inbox: each update once, in the order in which they came.
 *
 * @module
 */

import type { Update } from '../../channels/update.ts';
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
  #waiting = new Map<string, number>();

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

  /** Memory may be ahead of storage: counts again what is waiting. */
  forget(): void {
    const rows = this.#sql
      .exec<{ channel: string; count: number }>(
        "SELECT channel, count(*) AS count FROM updates WHERE status = 'waiting' GROUP BY channel",
      )
      .toArray();
    this.#waiting = new Map(rows.map(({ channel, count }) => [channel, count]));
  }

  countWaiting(channel: string): number {
    return this.#waiting.get(channel) ?? 0;
  }

  isEmpty(): boolean {
    return [...this.#waiting.values()].every((count) => count === 0);
  }

  has(channel: string, updateId: string): boolean {
    const known = this.#sql
      .exec('SELECT 1 FROM updates WHERE channel = ? AND update_id = ?', channel, updateId)
      .toArray();
    return known.length > 0;
  }

  /** Of an update that is not there yet. Answers its number. */
  insert({ channel, updateId, status, receivedAt, facts }: Omit<StoredUpdate, 'seq'>): number {
    const { seq } = this.#sql
      .exec<{ seq: number }>(
        `INSERT INTO updates (channel, update_id, status, received_at, facts)
         VALUES (?, ?, ?, ?, ?) RETURNING seq`,
        ...[channel, updateId, status, receivedAt],
        this.#toColumn({ channel, updateId }, facts),
      )
      .one();
    if (status === 'waiting') this.#waiting.set(channel, this.countWaiting(channel) + 1);
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

  waiting(): readonly StoredUpdate[] {
    return this.#sql
      .exec<UpdateRow>("SELECT * FROM updates WHERE status = 'waiting' ORDER BY seq")
      .toArray()
      .map((row) => this.#toUpdate(row));
  }

  setFacts(update: StoredUpdate, facts: UpdateFacts): void {
    const column = this.#toColumn(update, facts);
    this.#sql.exec('UPDATE updates SET facts = ? WHERE seq = ?', column, update.seq);
  }

  /** Ends one that was waiting. */
  settle(update: StoredUpdate, status: UpdateStatus, facts: UpdateFacts): void {
    const { update: _, replyToken: __, ...kept } = facts;
    this.#sql.exec(
      'UPDATE updates SET status = ?, facts = ? WHERE seq = ?',
      ...[status, this.#toColumn(update, kept), update.seq],
    );
    this.#waiting.set(update.channel, this.countWaiting(update.channel) - 1);
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
    this.#waiting.delete(channel);
  }

  sweep(now: number): void {
    this.#sql.exec(
      "DELETE FROM updates WHERE status <> 'waiting' AND received_at < ?",
      now - KEPT_MS,
    );
  }

  #toUpdate({ update_id: updateId, received_at: receivedAt, ...row }: UpdateRow): StoredUpdate {
    const { seq, channel, status } = row;
    const facts = JSON.parse(this.#sealing.openText(rowOf({ channel, updateId }), row.facts));
    return { seq, channel, updateId, status, receivedAt, facts };
  }

  #toColumn(update: UpdateKey, facts: UpdateFacts): string {
    return this.#sealing.seal(rowOf(update), JSON.stringify(facts));
  }
}

type UpdateKey = Pick<StoredUpdate, 'channel' | 'updateId'>;

function rowOf({ channel, updateId }: UpdateKey): string {
  return `update/${channel}/${updateId}`;
}

/**
 * The outbox of replies: each part of a reply is a row, and stays one until long after it was sent.
 *
 * @module
 */

import type { ReplyPart } from '../../channels/adapter.ts';
import type { ContentSeal } from '../kit/content-seal.ts';
import type { ReplyDescription, ReplyStatus } from './channel-api.ts';

/** How long a reply that was sent is remembered, and one that was not, in milliseconds. */
const SENT_KEPT_MS = 8 * 86_400_000;
const UNSENT_KEPT_MS = 90 * 86_400_000;

/** Most replies in a description of a channel, besides those that were not sent. */
const SHOWN = 50;

export interface StoredReply extends ReplyDescription {
  readonly seq: number;
  readonly channel: string;
  /** Whether the platform does the same request only once. */
  readonly isRepeatable: boolean;
  /** Its `replyToken` is sealed; base64. */
  readonly part: ReplyPart;
}

type ReplyRow = {
  seq: number;
  id: string;
  channel: string;
  update_id: string;
  status: ReplyStatus;
  is_repeatable: number;
  attempts: number;
  created_at: number;
  receipt: string | null;
  code: string | null;
  part: string;
};

export class ReplyStore {
  readonly #sql: SqlStorage;
  readonly #sealing: ContentSeal;

  constructor(sql: SqlStorage, sealing: ContentSeal) {
    this.#sql = sql;
    this.#sealing = sealing;
  }

  createTable(): void {
    this.#sql.exec(`
      CREATE TABLE IF NOT EXISTS replies (
        seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, channel TEXT NOT NULL,
        update_id TEXT NOT NULL, status TEXT NOT NULL, is_repeatable INTEGER NOT NULL,
        attempts INTEGER NOT NULL, created_at INTEGER NOT NULL, receipt TEXT, code TEXT,
        part TEXT NOT NULL
      ) STRICT;
      CREATE INDEX IF NOT EXISTS unsent_replies ON replies (seq)
        WHERE status IN ('pending', 'sending');
      CREATE INDEX IF NOT EXISTS sent_replies ON replies (receipt) WHERE status = 'sent'`);
  }

  /**
   * For an object that begins: nothing is being sent any more. What was, was sent or was not; where
   * the platform does not tell two requests from one, nobody may ask it again. Answers the channels of
   * those, one for each.
   */
  giveUpSending(): readonly string[] {
    return this.#sql
      .exec<Pick<ReplyRow, 'channel' | 'status'>>(
        `UPDATE replies
         SET status = CASE WHEN is_repeatable = 1 THEN 'pending' ELSE 'unknown' END
         WHERE status = 'sending' RETURNING channel, status`,
      )
      .toArray()
      .flatMap(({ channel, status }) => (status === 'unknown' ? [channel] : []));
  }

  add(reply: Pick<StoredReply, 'channel' | 'isRepeatable' | 'part' | 'createdAt'>): number {
    const { channel, isRepeatable, part, createdAt } = reply;
    return this.#sql
      .exec<{ seq: number }>(
        `INSERT INTO replies (id, channel, update_id, status, is_repeatable, attempts, created_at, part)
         VALUES (?, ?, ?, 'pending', ?, 0, ?, ?) RETURNING seq`,
        ...[part.id, channel, part.updateId, Number(isRepeatable), createdAt],
        this.#sealing.seal(rowOf(part.id), JSON.stringify(part)),
      )
      .one().seq;
  }

  find(seq: number): StoredReply | undefined {
    const [row] = this.#sql.exec<ReplyRow>('SELECT * FROM replies WHERE seq = ?', seq).toArray();
    return row && this.#toReply(row);
  }

  findById(channel: string, id: string): StoredReply | undefined {
    const [row] = this.#sql
      .exec<ReplyRow>('SELECT * FROM replies WHERE channel = ? AND id = ?', channel, id)
      .toArray();
    return row && this.#toReply(row);
  }

  pending(): readonly StoredReply[] {
    return this.#sql
      .exec<ReplyRow>("SELECT * FROM replies WHERE status = 'pending' ORDER BY seq")
      .toArray()
      .map((row) => this.#toReply(row));
  }

  isAllSettled(): boolean {
    const open = this.#sql
      .exec("SELECT 1 FROM replies WHERE status IN ('pending', 'sending') LIMIT 1")
      .toArray();
    return open.length === 0;
  }

  change(reply: Pick<StoredReply, 'seq' | 'status' | 'attempts' | 'receipt' | 'code'>): void {
    const { seq, status, attempts, receipt, code } = reply;
    this.#sql.exec(
      'UPDATE replies SET status = ?, attempts = ?, receipt = ?, code = ? WHERE seq = ?',
      ...[status, attempts, receipt ?? null, code ?? null, seq],
    );
  }

  /** Whether an answer is awaited. */
  isSending(channel: string): boolean {
    const sending = "SELECT 1 FROM replies WHERE status = 'sending' AND channel = ? LIMIT 1";
    return this.#sql.exec(sending, channel).toArray().length > 0;
  }

  /** What was sent did not arrive. `false`: nothing of that receipt is known as sent. */
  fail(channel: string, receipt: string, code: string): boolean {
    const { rowsWritten } = this.#sql.exec(
      `UPDATE replies SET status = 'failed', code = ?
       WHERE channel = ? AND receipt = ? AND status = 'sent'`,
      ...[code, channel, receipt],
    );
    return rowsWritten > 0;
  }

  describe(channel: string): readonly ReplyDescription[] {
    return this.#sql
      .exec<ReplyRow>(
        `SELECT * FROM replies WHERE channel = ?1 AND (status <> 'sent' OR seq IN
           (SELECT seq FROM replies WHERE channel = ?1 ORDER BY seq DESC LIMIT ?2))
         ORDER BY seq DESC`,
        channel,
        SHOWN,
      )
      .toArray()
      .map((row) => this.#toReply(row))
      .map(({ seq: _, channel: __, isRepeatable: ___, part: ____, ...told }) => told);
  }

  removeChannel(channel: string): void {
    this.#sql.exec('DELETE FROM replies WHERE channel = ?', channel);
  }

  sweep(now: number): void {
    this.#sql.exec(
      `DELETE FROM replies WHERE (status = 'sent' AND created_at < ?1)
         OR (status IN ('unknown', 'failed') AND created_at < ?2)`,
      now - SENT_KEPT_MS,
      now - UNSENT_KEPT_MS,
    );
  }

  #toReply(row: ReplyRow): StoredReply {
    const { seq, id, channel, update_id: updateId, status, attempts, receipt, code } = row;
    return {
      ...{ seq, id, channel, updateId, status, attempts, createdAt: row.created_at },
      isRepeatable: row.is_repeatable === 1,
      part: JSON.parse(this.#sealing.openText(rowOf(id), row.part)),
      ...(receipt !== null && { receipt }),
      ...(code !== null && { code }),
    };
  }
}

function rowOf(id: string): string {
  return `reply/${id}`;
}

/**
 * What the readers of web chats may take, in the order in which it came, and which tickets were used.
 *
 * @module
 */

/** How long a cursor is good, in milliseconds: as long as the replies that were sent are kept. */
const KEPT_MS = 8 * 86_400_000;

/** Names a chat: on a channel, everything between it and one sender. */
export interface ChatKey {
  readonly channel: string;
  readonly chat: string;
}

export interface ForReader {
  readonly cursor: number;
  /** Number of the reply. */
  readonly reply: number;
}

export class ChatStore {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  createTables(): void {
    this.#sql.exec(`
      CREATE TABLE IF NOT EXISTS chat_replies (
        channel TEXT NOT NULL, chat TEXT NOT NULL, cursor INTEGER NOT NULL, reply INTEGER NOT NULL,
        PRIMARY KEY (channel, chat, cursor)
      ) STRICT, WITHOUT ROWID;
      CREATE TABLE IF NOT EXISTS used_chat_tickets (
        id TEXT PRIMARY KEY, ends_at INTEGER NOT NULL
      ) STRICT, WITHOUT ROWID`);
  }

  /** Cursors of a chat only grow, also when all that it holds was forgotten: they are instants. */
  append({ channel, chat }: ChatKey, reply: number, now: number): number {
    const cursor = Math.max(now, this.newest({ channel, chat }) + 1);
    this.#sql.exec(
      'INSERT INTO chat_replies (channel, chat, cursor, reply) VALUES (?, ?, ?, ?)',
      ...[channel, chat, cursor, reply],
    );
    return cursor;
  }

  /** 0 if there is none. */
  newest({ channel, chat }: ChatKey): number {
    return (
      this.#sql
        .exec<{ cursor: number | null }>(
          'SELECT max(cursor) AS cursor FROM chat_replies WHERE channel = ? AND chat = ?',
          ...[channel, chat],
        )
        .one().cursor ?? 0
    );
  }

  after({ channel, chat }: ChatKey, cursor: number): readonly ForReader[] {
    return this.#sql
      .exec<{ cursor: number; reply: number }>(
        'SELECT cursor, reply FROM chat_replies WHERE channel = ? AND chat = ? AND cursor > ? ORDER BY cursor',
        ...[channel, chat, cursor],
      )
      .toArray();
  }

  /** Uses a ticket up; `false` if it was. */
  useTicket(id: string, endsAt: number): boolean {
    const { rowsWritten } = this.#sql.exec(
      'INSERT INTO used_chat_tickets (id, ends_at) VALUES (?, ?) ON CONFLICT DO NOTHING',
      ...[id, endsAt],
    );
    return rowsWritten > 0;
  }

  removeChannel(channel: string): void {
    this.#sql.exec('DELETE FROM chat_replies WHERE channel = ?', channel);
  }

  sweep(now: number): void {
    this.#sql.exec('DELETE FROM chat_replies WHERE cursor < ?', now - KEPT_MS);
    this.#sql.exec('DELETE FROM used_chat_tickets WHERE ends_at < ?', now);
  }
}

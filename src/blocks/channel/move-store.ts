/**
 * Chats that their platform calls otherwise now, as Telegram does with a group that becomes a supergroup. To
 * the gateway they stay what they were called first: session, settings and replies go by that.
 *
 * @module
 */

import type { ChatMove } from '../../channels/adapter.ts';

export class MoveStore {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  createTable(): void {
    this.#sql.exec(`
      CREATE TABLE IF NOT EXISTS chat_moves (
        channel TEXT NOT NULL, first TEXT NOT NULL, present TEXT NOT NULL,
        PRIMARY KEY (channel, first), UNIQUE (channel, present)
      ) STRICT, WITHOUT ROWID`);
  }

  /**
   * Part of a transaction. Said twice, once in each of the two: the first word stands. `false`: it was no
   * news.
   */
  add(channel: string, { from, to }: ChatMove): boolean {
    const first = this.firstOf(channel, from);
    if (first === to) return false;
    const insert = 'INSERT OR IGNORE INTO chat_moves VALUES (?, ?, ?)';
    return this.#sql.exec(insert, channel, first, to).rowsWritten > 0;
  }

  /** What the gateway calls it. */
  firstOf(channel: string, chat: string): string {
    const query = 'SELECT first AS name FROM chat_moves WHERE channel = ? AND present = ?';
    return this.#look(query, channel, chat);
  }

  /** What the platform calls it. */
  presentOf(channel: string, chat: string): string {
    const query = 'SELECT present AS name FROM chat_moves WHERE channel = ? AND first = ?';
    return this.#look(query, channel, chat);
  }

  /** Every name that these chats have had. */
  namesOf(channel: string, chats: readonly string[]): string[] {
    return chats.flatMap((chat) => [chat, this.presentOf(channel, chat)]);
  }

  removeChannel(channel: string): void {
    this.#sql.exec('DELETE FROM chat_moves WHERE channel = ?', channel);
  }

  #look(query: string, channel: string, chat: string): string {
    const [found] = this.#sql.exec<{ name: string }>(query, channel, chat).toArray();
    return found?.name ?? chat;
  }
}

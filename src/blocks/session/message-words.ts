/**
 * Finds messages of a session by their words, however old they are.
 *
 * The index is made when somebody looks for something, and then only for what came since the last time:
 * no turn pays for it. Where anything is, or was, sealed there is none, since its words would lie open; then
 * the messages are read one by one.
 *
 * @module
 */

import type { Message } from '../../core/conversation/message.ts';
import { finderOf, toIndexed, toSearchQuery } from '../../core/memory/search-query.ts';
import type { ChunkedValues } from '../kit/chunked-values.ts';
import { SEALED_WITH } from '../kit/sealing.ts';
import type { Tables } from '../kit/tables.ts';
import type { MessageStore, NumberedMessage } from './message-store.ts';
import { clearWords } from './schema.ts';

const TABLE = 'message_terms';

/** Most messages that are read one by one, the newest first. */
const MAX_READ = 5_000;

export class MessageWords {
  readonly #sql: SqlStorage;
  readonly #messages: MessageStore;
  readonly #values: ChunkedValues;
  readonly #tables: Tables;

  constructor(
    sql: SqlStorage,
    stores: { readonly messages: MessageStore; readonly values: ChunkedValues },
    tables: Tables,
  ) {
    this.#sql = sql;
    this.#messages = stores.messages;
    this.#values = stores.values;
    this.#tables = tables;
  }

  /** Part of a transaction. The best first; of those as good, the newest. */
  search(text: string, limit: number): readonly NumberedMessage[] {
    const query = toSearchQuery(text);
    if (query === undefined) return [];
    const isSealed = this.#values.seals || this.#tables.has(SEALED_WITH);
    if (isSealed) return this.#read(text, limit);
    this.#index();
    return this.#sql
      .exec<{ seq: number }>(
        `SELECT rowid AS seq FROM message_terms WHERE message_terms MATCH ?
         ORDER BY rank, rowid DESC LIMIT ?`,
        ...[query, limit],
      )
      .toArray()
      .flatMap(({ seq }) => [...this.#messages.numbered(seq - 1, seq)]);
  }

  #index(): void {
    this.#tables.makeWith(TABLE, () => {
      clearWords(this.#sql);
      this.#sql.exec(
        `CREATE VIRTUAL TABLE message_terms USING fts5
           (body, content = '', tokenize = "unicode61 remove_diacritics 2")`,
      );
    });
    const { seq } = this.#sql
      .exec<{ seq: number }>('SELECT coalesce(max(rowid), 0) AS seq FROM message_terms')
      .one();
    for (const { seq: at, message } of this.#messages.numbered(seq, this.#messages.lastSeq)) {
      const body = toIndexed(toBody(message));
      this.#sql.exec('INSERT INTO message_terms (rowid, body) VALUES (?, ?)', at, body);
    }
  }

  #read(text: string, limit: number): readonly NumberedMessage[] {
    clearWords(this.#sql);
    const last = this.#messages.lastSeq;
    const finds = finderOf(text);
    const found: NumberedMessage[] = [];
    for (const one of this.#messages.numbered(Math.max(0, last - MAX_READ), last)) {
      if (finds(toBody(one.message))) found.push(one);
    }
    return found.reverse().slice(0, limit);
  }
}

/** Notes of the system are not part of what was said. */
function toBody({ role, content }: Message): string {
  return role === 'system' ? '' : content;
}

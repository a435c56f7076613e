/**
 * The messages of a session, in the order in which a model is shown them.
 *
 * @module
 */

import type { Message } from '../../core/conversation/message.ts';
import { type ChunkedValues, MAX_INLINE_CHARS } from '../kit/chunked-values.ts';

/** Most messages of earlier turns that a run is handed, and most characters of them, as JSON. */
const MAX_HISTORY_MESSAGES = 1_000;
const MAX_HISTORY_CHARS = 1_048_576;

/** About the longest page, likewise; the message that passes it is still in. */
const MAX_PAGE_CHARS = 4_194_304;

/** Messages of no turn: the system message. Never left out of a history. */
const NO_TURN = 0;

/** Whose messages: `round` is absent for what a turn was given. */
export interface MessageOrigin {
  readonly turn: number;
  readonly round?: number;
}

/** Newest first: what a turn was given, and everything of the turns before it. */
const UP_TO_TURN = 'WHERE turn < ?1 OR (turn = ?1 AND round IS NULL) ORDER BY seq DESC';

type StoredMessage = { seq: number; turn: number; body: string | null };

export interface MessagePage {
  readonly messages: Message[];
  readonly next?: number;
}

export class MessageStore {
  readonly #sql: SqlStorage;
  readonly #values: ChunkedValues;
  #lastSeq: number | undefined;

  constructor(sql: SqlStorage, values: ChunkedValues) {
    this.#sql = sql;
    this.#values = values;
  }

  append(messages: readonly Message[], { turn, round }: MessageOrigin = { turn: NO_TURN }): void {
    for (const message of messages) {
      const seq = this.#nextSeq();
      this.#sql.exec(
        'INSERT INTO messages (seq, turn, round, body) VALUES (?, ?, ?, ?)',
        seq,
        turn,
        round ?? null,
        this.#values.spill(messageKey(seq), JSON.stringify(message)),
      );
    }
  }

  /** After a transaction was rolled back, or storage was wiped. */
  forget(): void {
    this.#lastSeq = undefined;
  }

  page(after: number, limit: number): MessagePage {
    const messages: Message[] = [];
    let chars = 0;
    let last = after;
    for (const stored of this.#rows('WHERE seq > ? ORDER BY seq', after)) {
      if (messages.length >= limit || chars >= MAX_PAGE_CHARS) return { messages, next: last };
      const text = this.#text(stored);
      messages.push(JSON.parse(text));
      chars += text.length;
      last = stored.seq;
    }
    return { messages };
  }

  /**
   * What a run of the turn with that ordinal is shown of the conversation: everything up to and with
   * what the turn was given, not what its own earlier runs have added. If that would be too long, the
   * oldest turns are left out, each as a whole: vendors refuse a history in which a tool's answer has
   * lost its question.
   */
  history(turn: number): Message[] {
    const newestFirst: { turn: number; text: string }[] = [];
    let count = 0;
    let chars = 0;
    let cutTurn: number | undefined;
    for (const stored of this.#rows(UP_TO_TURN, turn)) {
      if (stored.turn !== turn && stored.turn !== NO_TURN) {
        if (cutTurn !== undefined && stored.turn !== cutTurn) break;
        count += 1;
        chars += stored.body?.length ?? MAX_INLINE_CHARS;
        if (count > MAX_HISTORY_MESSAGES || chars > MAX_HISTORY_CHARS) cutTurn = stored.turn;
      }
      if (stored.turn !== cutTurn)
        newestFirst.push({ turn: stored.turn, text: this.#text(stored) });
    }
    const kept = newestFirst.filter((message) => message.turn !== cutTurn).reverse();
    const messages = kept.map(({ text }): Message => JSON.parse(text));
    return cutTurn === undefined ? messages : [...this.#systemMessages(), ...messages];
  }

  /** Stand before everything else. */
  #systemMessages(): Message[] {
    const messages: Message[] = [];
    for (const stored of this.#rows('WHERE seq > ? ORDER BY seq', 0)) {
      if (stored.turn !== NO_TURN) break;
      messages.push(JSON.parse(this.#text(stored)));
    }
    return messages;
  }

  #nextSeq(): number {
    this.#lastSeq ??= this.#sql
      .exec<{ seq: number }>('SELECT coalesce(max(seq), 0) AS seq FROM messages')
      .one().seq;
    this.#lastSeq += 1;
    return this.#lastSeq;
  }

  #rows(where: string, value: number): Iterable<StoredMessage> {
    return this.#sql.exec<StoredMessage>(`SELECT seq, turn, body FROM messages ${where}`, value);
  }

  #text({ seq, body }: StoredMessage): string {
    return this.#values.unspill(messageKey(seq), body);
  }
}

function messageKey(seq: number): string {
  return `message/${seq}`;
}

/**
 * The messages of a session, in the order in which a model is shown them.
 *
 * @module
 */

import type { Message } from '../../core/conversation/message.ts';
import type { ChunkedValues } from '../kit/chunked-values.ts';

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

type StoredMessage = { seq: number; turn: number; round: number | null; body: string | null };

export interface MessagePage {
  readonly messages: Message[];
  readonly next?: number;
}

/** A message as a history needs it. */
interface Remembered {
  readonly turn: number;
  readonly isInput: boolean;
  readonly chars: number;
  readonly message: Message;
}

export class MessageStore {
  readonly #sql: SqlStorage;
  readonly #values: ChunkedValues;
  #lastSeq: number | undefined;
  /** The end of the conversation, as much of it as a history may hold. */
  #recent: Remembered[] | undefined;

  constructor(sql: SqlStorage, values: ChunkedValues) {
    this.#sql = sql;
    this.#values = values;
  }

  append(messages: readonly Message[], { turn, round }: MessageOrigin = { turn: NO_TURN }): void {
    for (const message of messages) {
      const seq = this.#nextSeq();
      const text = JSON.stringify(message);
      this.#sql.exec(
        'INSERT INTO messages (seq, turn, round, body) VALUES (?, ?, ?, ?)',
        seq,
        turn,
        round ?? null,
        this.#values.spill(messageKey(seq), text),
      );
      this.#recent?.push({ turn, isInput: round === undefined, chars: text.length, message });
    }
  }

  /** After a transaction was rolled back, or storage was wiped. */
  forget(): void {
    this.#lastSeq = undefined;
    this.#recent = undefined;
  }

  page(after: number, limit: number): MessagePage {
    const messages: Message[] = [];
    let chars = 0;
    let last = after;
    for (const stored of this.#rows('WHERE seq > ? ORDER BY seq', after)) {
      if (messages.length >= limit || chars >= MAX_PAGE_CHARS) return { messages, next: last };
      const { message, chars: length } = this.#read(stored);
      messages.push(message);
      chars += length;
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
    this.#recent = leaveOutOldest(this.#recent ?? this.#readRecent(turn), turn);
    return this.#recent
      .filter((known) => known.turn < turn || (known.turn === turn && known.isInput))
      .map(({ message }) => message);
  }

  /** Reads backwards, and not much further than a history can reach; the system message always. */
  #readRecent(turn: number): Remembered[] {
    const newestFirst: Remembered[] = [];
    let count = 0;
    let chars = 0;
    for (const stored of this.#rows('WHERE seq > ? ORDER BY seq DESC', 0)) {
      const known = this.#read(stored);
      newestFirst.push(known);
      if (known.turn === turn) continue;
      count += 1;
      chars += known.chars;
      if (count <= MAX_HISTORY_MESSAGES && chars <= MAX_HISTORY_CHARS) continue;
      // One message of a turn is enough to see that this turn must be left out.
      return [...this.#readSystem(), ...newestFirst.reverse()];
    }
    return newestFirst.reverse();
  }

  #readSystem(): Remembered[] {
    const system: Remembered[] = [];
    for (const stored of this.#rows('WHERE seq > ? ORDER BY seq', 0)) {
      if (stored.turn !== NO_TURN) break;
      system.push(this.#read(stored));
    }
    return system;
  }

  #nextSeq(): number {
    this.#lastSeq ??= this.#sql
      .exec<{ seq: number }>('SELECT coalesce(max(seq), 0) AS seq FROM messages')
      .one().seq;
    this.#lastSeq += 1;
    return this.#lastSeq;
  }

  #rows(where: string, value: number): Iterable<StoredMessage> {
    return this.#sql.exec<StoredMessage>(
      `SELECT seq, turn, round, body FROM messages ${where}`,
      value,
    );
  }

  #read({ seq, turn, round, body }: StoredMessage): Remembered {
    const text = this.#values.unspill(messageKey(seq), body);
    return { turn, isInput: round === null, chars: text.length, message: JSON.parse(text) };
  }
}

/** Without the oldest turns, so that what came before this turn is within the limits. */
function leaveOutOldest(messages: Remembered[], turn: number): Remembered[] {
  let count = 0;
  let chars = 0;
  for (let at = messages.length - 1; at >= 0; at--) {
    const known = messages[at];
    if (known === undefined || known.turn === turn || known.turn === NO_TURN) continue;
    count += 1;
    chars += known.chars;
    if (count > MAX_HISTORY_MESSAGES || chars > MAX_HISTORY_CHARS) {
      return messages.filter((other) => other.turn === NO_TURN || other.turn > known.turn);
    }
  }
  return messages;
}

function messageKey(seq: number): string {
  return `message/${seq}`;
}

/**
 * The messages of a session, in the order in which a model is shown them.
 *
 * @module
 */

import type { Message } from '../../core/conversation/message.ts';
import type { TurnSize } from '../../core/policy/window-policy.ts';
import type { ChunkedValues } from '../kit/chunked-values.ts';

/** Most messages of earlier turns that a run is handed, and most characters of them, as JSON. */
const MAX_HISTORY_MESSAGES = 1_000;
const MAX_HISTORY_CHARS = 1_048_576;

/** About the longest page, likewise; the message that passes it is still in. */
const MAX_PAGE_CHARS = 4_194_304;

/** Messages of no turn: the system message. Never left out of a history. */
const NO_TURN = 0;

/** Number of a system message that replaces another: before all others. */
const SYSTEM_SEQ = 0;

const BEFORE_ALL = -1;

/** Whose messages: a turn's, either what it was given or what came of its rounds. */
export interface MessageOrigin {
  readonly turn: number;
  readonly kind: 'input' | 'round';
}

/** Messages that were added together share a row. */
type StoredMessages = {
  first_seq: number;
  last_seq: number;
  turn: number;
  is_input: number;
  body: string | null;
};

/** With its place in the conversation, as a page's `after` takes it. */
export interface NumberedMessage {
  readonly seq: number;
  readonly message: Message;
}

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

  append(
    messages: readonly Message[],
    { turn, kind }: MessageOrigin = { turn: NO_TURN, kind: 'input' },
  ): void {
    if (messages.length === 0) return;
    const firstSeq = this.#readLastSeq() + 1;
    const lastSeq = firstSeq + messages.length - 1;
    const isInput = kind === 'input';
    const texts = messages.map((message) => JSON.stringify(message));
    this.#sql.exec(
      'INSERT INTO messages (last_seq, first_seq, turn, is_input, body) VALUES (?, ?, ?, ?, ?)',
      lastSeq,
      firstSeq,
      turn,
      isInput ? 1 : 0,
      this.#values.spill(messageKey(lastSeq), `[${texts.join(',')}]`),
    );
    this.#lastSeq = lastSeq;
    for (const [place, message] of messages.entries()) {
      this.#recent?.push({ turn, isInput, chars: texts[place]?.length ?? 0, message });
    }
  }

  /** What stands before everything is this from now on. Changes nothing if it does already. */
  replaceSystem(messages: readonly Message[]): void {
    const known = this.#readSystem().map(({ message }) => message);
    if (JSON.stringify(known) === JSON.stringify(messages)) return;
    for (const { last_seq: seq } of this.#systemRows()) {
      this.#values.delete(messageKey(seq));
      this.#sql.exec('DELETE FROM messages WHERE last_seq = ?', seq);
    }
    if (messages.length > 0) {
      const text = this.#values.spill(messageKey(SYSTEM_SEQ), JSON.stringify(messages));
      this.#sql.exec(
        'INSERT INTO messages (last_seq, first_seq, turn, is_input, body) VALUES (?, ?, ?, 1, ?)',
        SYSTEM_SEQ,
        SYSTEM_SEQ,
        NO_TURN,
        text,
      );
    }
    this.forget();
  }

  /** After a transaction was rolled back, or storage was wiped. */
  forget(): void {
    this.#lastSeq = undefined;
    this.#recent = undefined;
  }

  page(start: number, limit: number): MessagePage {
    const after = start === 0 ? BEFORE_ALL : start;
    const messages: Message[] = [];
    let chars = 0;
    let last = after;
    for (const stored of this.#rows('WHERE last_seq > ? ORDER BY last_seq', after)) {
      for (const [place, known] of this.#read(stored).entries()) {
        const seq = stored.first_seq + place;
        if (seq <= after) continue;
        if (messages.length >= limit || chars >= MAX_PAGE_CHARS) return { messages, next: last };
        messages.push(known.message);
        chars += known.chars;
        last = seq;
      }
    }
    return { messages };
  }

  /**
   * What a run of the turn with that ordinal is shown of the conversation: everything up to and with
   * what the turn was given, not what its own earlier runs have added. If that would be too long, the
   * oldest turns are left out, each as a whole: vendors refuse a history in which a tool's answer has
   * lost its question. `after`: so are all turns up to that one.
   */
  history(turn: number, after = NO_TURN): Message[] {
    this.#recent = leaveOutOldest(this.#recent ?? this.#readRecent(turn), turn);
    return this.#recent
      .filter((known) => known.turn === NO_TURN || known.turn > after)
      .filter((known) => known.turn < turn || (known.turn === turn && known.isInput))
      .map(({ message }) => message);
  }

  /** Number of the last message of the turns up to that one. */
  lastSeqOf(turn: number): number {
    return this.#sql
      .exec<{ seq: number }>(
        'SELECT coalesce(max(last_seq), 0) AS seq FROM messages WHERE turn <= ?',
        turn,
      )
      .one().seq;
  }

  get lastSeq(): number {
    return this.#readLastSeq();
  }

  /** Messages with numbers after the one and up to the other, oldest first. */
  *numbered(after: number, last: number): Iterable<NumberedMessage> {
    for (const stored of this.#rows('WHERE last_seq > ? ORDER BY last_seq', after)) {
      if (stored.first_seq > last) return;
      for (const [place, { message }] of this.#read(stored).entries()) {
        const seq = stored.first_seq + place;
        if (seq > after && seq <= last) yield { seq, message };
      }
    }
  }

  /** Whether a history was asked for, so that nothing needs to be read for {@link sizes}. */
  get isRead(): boolean {
    return this.#recent !== undefined;
  }

  /** Of the turns after that one, as far back as a history reaches; the oldest first. */
  sizes(after: number): readonly TurnSize[] {
    this.#recent ??= this.#readRecent(Number.MAX_SAFE_INTEGER);
    const sizes = new Map<number, TurnSize>();
    for (const { turn, chars } of this.#recent) {
      if (turn === NO_TURN || turn <= after) continue;
      const { messages = 0, characters = 0 } = sizes.get(turn) ?? {};
      sizes.set(turn, { turn, messages: messages + 1, characters: characters + chars });
    }
    return [...sizes.values()];
  }

  /** What was added together, of the turns from one to the other, oldest first. */
  *ofTurns(first: number, last: number): Iterable<readonly Message[]> {
    for (const stored of this.#rows('WHERE turn >= ? ORDER BY last_seq', first)) {
      if (stored.turn <= last) yield this.#read(stored).map(({ message }) => message);
    }
  }

  /** Reads backwards, and not much further than a history can reach; the system message always. */
  #readRecent(turn: number): Remembered[] {
    const newestFirst: Remembered[] = [];
    let count = 0;
    let chars = 0;
    for (const stored of this.#rows('WHERE last_seq > ? ORDER BY last_seq DESC', BEFORE_ALL)) {
      const known = this.#read(stored);
      newestFirst.push(...known.reverse());
      if (stored.turn === turn) continue;
      count += known.length;
      chars += known.reduce((sum, one) => sum + one.chars, 0);
      if (count <= MAX_HISTORY_MESSAGES && chars <= MAX_HISTORY_CHARS) continue;
      // One message of a turn is enough to see that this turn must be left out.
      return [...this.#readSystem(), ...newestFirst.reverse()];
    }
    return newestFirst.reverse();
  }

  #readSystem(): Remembered[] {
    return this.#systemRows().flatMap((stored) => this.#read(stored));
  }

  #systemRows(): StoredMessages[] {
    const system: StoredMessages[] = [];
    for (const stored of this.#rows('WHERE last_seq > ? ORDER BY last_seq', BEFORE_ALL)) {
      if (stored.turn !== NO_TURN) break;
      system.push(stored);
    }
    return system;
  }

  #readLastSeq(): number {
    this.#lastSeq ??= this.#sql
      .exec<{ seq: number }>('SELECT coalesce(max(last_seq), 0) AS seq FROM messages')
      .one().seq;
    return this.#lastSeq;
  }

  #rows(where: string, value: number): Iterable<StoredMessages> {
    return this.#sql.exec<StoredMessages>(
      `SELECT first_seq, last_seq, turn, is_input, body FROM messages ${where}`,
      value,
    );
  }

  #read({ last_seq: lastSeq, turn, is_input: isInput, body }: StoredMessages): Remembered[] {
    const text = this.#values.unspill(messageKey(lastSeq), body);
    const messages: Message[] = JSON.parse(text);
    return messages.map((message) => {
      const chars = messages.length === 1 ? text.length : JSON.stringify(message).length;
      return { turn, isInput: isInput === 1, chars, message };
    });
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

function messageKey(lastSeq: number): string {
  return `messages/${lastSeq}`;
}

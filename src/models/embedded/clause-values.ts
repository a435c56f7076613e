/**
 * What one clause offers to fill arguments with, each value given out once.
 *
 * @module
 */

import { type Literal, marksIn, unmark } from './literals.ts';
import type { Clause } from './split-request.ts';

const NUMBER = /(?<![\p{L}\p{N}\uE000.])-?\d{1,15}(?:\.\d{1,15})?(?![\p{L}\p{N}\uE001])/gu;

export class ClauseValues {
  /** Marked text of the clause before its payload, the tool's name left out. */
  readonly head: string;
  /** What follows the tool's name, where the clause begins with it: "text-stats a b c". */
  readonly afterName: string | undefined;
  readonly #literals: readonly Literal[];
  readonly #unused: Set<number>;
  readonly #numbers: string[];
  #payload: string | undefined;

  constructor(clause: Clause, literals: readonly Literal[], toolName: string) {
    // So that `text-stats` is not mistaken for the argument `text`.
    const name = new RegExp(`\\b${toolName.split(/[_-]+/).join('[ _-]?')}\\b`, 'i');
    const [before = '', ...after] = clause.head.split(name);
    this.head = [before, ...after].join(' ');
    this.afterName = before.trim() === '' && after.length > 0 ? after.join(' ').trim() : undefined;
    this.#literals = literals;
    this.#unused = new Set([...marksIn(clause.head), ...marksIn(clause.payload ?? '')]);
    this.#numbers = [...clause.head.matchAll(NUMBER)].map(([text]) => text);
    this.#payload = clause.payload;
  }

  /** The first unused literal of one of these kinds. */
  takeLiteral(...kinds: readonly Literal['kind'][]): string | undefined {
    // A payload with words around its literals is one text, not a place to pick from.
    const candidates = isLoneMark(this.#payload) ? this.#unused : marksIn(this.head);
    for (const index of candidates) {
      const text = this.#take(index, kinds);
      if (text !== undefined) return text;
    }
    return undefined;
  }

  /** The literal that a mark stands for, if it is unused and of one of these kinds. */
  takeMark(mark: string, ...kinds: readonly Literal['kind'][]): string | undefined {
    const [index] = marksIn(mark);
    return index === undefined ? undefined : this.#take(index, kinds);
  }

  /** The next number that stands in the head as a word of its own. */
  takeNumber(): string | undefined {
    return this.#numbers.shift();
  }

  /** What follows the colon, its literals back in place; a lone literal without its quotes. */
  takePayload(): string | undefined {
    const text = this.#payload;
    if (text === undefined || text === '') return undefined;
    this.#payload = undefined;
    if (!isLoneMark(text)) return unmark(text, this.#literals);
    const [index = -1] = marksIn(text);
    return this.#unused.delete(index) ? this.#literals[index]?.text : undefined;
  }

  #take(index: number, kinds: readonly Literal['kind'][]): string | undefined {
    const literal = this.#literals[index];
    if (literal === undefined || !kinds.includes(literal.kind)) return undefined;
    return this.#unused.delete(index) ? literal.text : undefined;
  }
}

function isLoneMark(text: string | undefined): boolean {
  return text !== undefined && /^\s*\uE000\d+\uE001[.\s]*$/.test(text);
}

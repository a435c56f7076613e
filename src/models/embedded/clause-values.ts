/**
 * What one clause offers to fill arguments with, each value given out once.
 *
 * @module
 */

import { type Literal, marksIn, unmark } from './literals.ts';
import type { Clause } from './split-request.ts';

const NUMBER = /(?<![\p{L}\p{N}\uE000.])-?\d{1,15}(?:\.\d{1,15})?(?![\p{L}\p{N}\uE001])/gu;

export interface ClauseValues {
  /** Marked text of the clause before its payload, the tool's name left out. */
  readonly head: string;
  /** The first unused literal of one of these kinds. */
  takeLiteral(...kinds: readonly Literal['kind'][]): string | undefined;
  /** The literal that a mark stands for, if it is unused and not of another kind. */
  takeMark(mark: string, ...kinds: readonly Literal['kind'][]): string | undefined;
  /** The next number that stands in the head as a word of its own. */
  takeNumber(): string | undefined;
  /** What follows the colon, its literals back in place; a lone literal without its quotes. */
  takePayload(): string | undefined;
}

export function createClauseValues(
  clause: Clause,
  literals: readonly Literal[],
  toolName: string,
): ClauseValues {
  const unused = new Set([...marksIn(clause.head), ...marksIn(clause.payload ?? '')]);
  let payload = clause.payload;
  const numbers = [...clause.head.matchAll(NUMBER)].map(([text]) => text);

  const take = (index: number, kinds: readonly Literal['kind'][]): string | undefined => {
    const literal = literals[index];
    if (literal === undefined || !unused.has(index) || !kinds.includes(literal.kind)) {
      return undefined;
    }
    unused.delete(index);
    return literal.text;
  };

  return {
    head: withoutName(clause.head, toolName),
    takeLiteral(...kinds) {
      // A payload with words around its literals is one text, not a place to pick from.
      const candidates = isLoneMark(payload) ? unused : marksIn(clause.head);
      for (const index of candidates) {
        const text = take(index, kinds);
        if (text !== undefined) return text;
      }
      return undefined;
    },
    takeMark(mark, ...kinds) {
      const [index] = marksIn(mark);
      return index === undefined ? undefined : take(index, kinds);
    },
    takeNumber: () => numbers.shift(),
    takePayload() {
      if (payload === undefined || payload === '') return undefined;
      const text = payload;
      payload = undefined;
      if (!isLoneMark(text)) return unmark(text, literals);
      const [index = -1] = marksIn(text);
      return unused.delete(index) ? literals[index]?.text : undefined;
    },
  };
}

function isLoneMark(text: string | undefined): boolean {
  return text !== undefined && /^\s*\uE000\d+\uE001[.\s]*$/.test(text);
}

/** So that `text-stats` is not mistaken for the argument `text`. */
function withoutName(head: string, toolName: string): string {
  const spelled = toolName.split(/[_-]+/).join('[ _-]?');
  return head.replace(new RegExp(`\\b${spelled}\\b`, 'i'), ' ');
}

/**
 * Looks for texts exactly as they are written, in one pass over a text.
 *
 * @module
 */

import { Automaton } from './automaton.ts';
import { comparedUnitsOf } from './comparisons.ts';
import type { Finding } from './finding.ts';
import { type Found, type Searcher, withoutInner } from './rule-set.ts';

/** So much of a writing is in the automaton; the rest is compared where that was found. */
const HEAD_CHARS = 24;

export interface ExactWriting {
  readonly name: string;
  /** Never empty. */
  readonly text: string;
}

export class ExactRules implements Searcher {
  readonly #automaton: Automaton;
  readonly #writings: readonly ExactWriting[];

  constructor(writings: readonly ExactWriting[]) {
    this.#writings = writings;
    this.#automaton = new Automaton(writings.map(({ text }) => headOf(text)));
  }

  search(text: string): Found {
    const found: (Finding & { readonly rule: number })[] = [];
    const doneTo: number[] = [];
    let openFrom = text.length;
    let unitsLeft = comparedUnitsOf(text);
    const unfinished = this.#automaton.search(text, (rule, headEnd) => {
      const { name, text: whole } = this.#writings[rule] as ExactWriting;
      const start = headEnd - headOf(whole).length;
      if (start < (doneTo[rule] ?? 0)) return;
      const isCompared = unitsLeft > 0;
      const to = isCompared ? sharedTo(text, start, whole) : headEnd;
      unitsLeft -= to - start;
      if (isCompared && to - start < whole.length) {
        if (to === text.length) openFrom = Math.min(openFrom, start);
        return;
      }
      doneTo[rule] = to;
      found.push({ kind: 'known', name, confidence: 'high', start, end: to, rule });
    });
    return {
      findings: withoutInner(found),
      openFrom: Math.min(openFrom, text.length - unfinished),
    };
  }
}

function headOf(text: string): string {
  return text.slice(0, HEAD_CHARS);
}

/** Where a text that begins like a writing ceases to be like it. */
function sharedTo(text: string, start: number, whole: string): number {
  const end = Math.min(text.length, start + whole.length);
  let at = start;
  while (at < end && text.charCodeAt(at) === whole.charCodeAt(at - start)) at++;
  return at;
}

/**
 * The values of the fields that a tool vouches for, each as a whole.
 *
 * A tool vouches for a value, not for each word in it: where an outsider could choose a name, the
 * words of that name are still his. Only lines, and what follows a label, stand for themselves.
 *
 * @module
 */

import { foldedText, plainText } from './folded-text.ts';
import { type Comparison, KnownText } from './known-text.ts';
import { toCode } from './spaced-codes.ts';

/** Stands between two values: nothing that reaches over it is one. */
const VALUE_BREAK = ' \u0001 ';

/** Between a label and its value, as in "Address: 12 Long Street". */
const LABEL_END = ': ';

export class VouchedValues {
  readonly #values: readonly string[];
  readonly #figures: KnownText;
  #wholes: { readonly [comparison in Comparison]: ReadonlySet<string> } | undefined;

  constructor(values: readonly string[]) {
    this.#values = values;
    this.#figures = new KnownText(values.join(VALUE_BREAK));
  }

  /** Whether one of the values is this one, or means the same moment or code. */
  holds(value: string, comparison: Comparison): boolean {
    this.#wholes ??= readWholes(this.#values);
    if (comparison === 'exact') return this.#wholes.exact.has(plainText(value));
    const folded = foldedText(value);
    const code = toCode(folded);
    return (
      this.#wholes.folded.has(folded) ||
      (code !== undefined && this.#wholes.folded.has(code)) ||
      this.#figures.holdsMoments(folded)
    );
  }

  holdsNumber(value: number): boolean {
    return this.#figures.holdsNumber(value);
  }

  reaches(value: number): boolean {
    return this.#figures.reaches(value);
  }
}

function readWholes(values: readonly string[]) {
  const exact = new Set<string>();
  const folded = new Set<string>();
  for (const whole of values.flatMap(listWholes)) {
    exact.add(plainText(whole));
    const own = foldedText(whole);
    folded.add(own);
    const code = toCode(own);
    if (code !== undefined) folded.add(code);
  }
  return { exact, folded };
}

function listWholes(value: string): string[] {
  const lines = value.includes('\n') ? value.split('\n') : [];
  const stated = [value, ...lines].flatMap((line) => {
    const end = line.indexOf(LABEL_END);
    return end === -1 ? [] : [line.slice(end + LABEL_END.length)];
  });
  return [value, ...lines, ...stated];
}

/**
 * The workspace's own secrets as what is looked for: in every writing that `value-writings.ts` knows.
 *
 * @module
 */

import { ExactRules } from './exact-rules.ts';
import type { Searcher } from './rule-set.ts';
import { SpreadRules } from './spread-rules.ts';
import { writingsOf } from './value-writings.ts';

/** Shortest value that can be looked for, in UTF-16 code units: a shorter one stands in any text. */
export const MIN_KNOWN_CHARS = 8;

/** A secret under its name, which goes on the record. */
export interface KnownValue {
  readonly name: string;
  readonly value: string;
}

/** Made once for each set of values; a scan takes it as it is. */
export interface KnownValues {
  readonly searchers: readonly Searcher[];
  /** Names of those that are too short to be looked for. */
  readonly tooShort: readonly string[];
}

export function compileKnownValues(values: readonly KnownValue[]): KnownValues {
  const long = values.filter(({ value }) => value.length >= MIN_KNOWN_CHARS);
  const written = long.map(({ name, value }) => ({ name, ...writingsOf(value) }));
  const spread = written.flatMap(({ name, spread: all }) => all.map((one) => ({ name, ...one })));
  const exact = written.flatMap(({ name, exact: all }) =>
    [...new Set(all)].filter((text) => text !== '').map((text) => ({ name, text })),
  );
  return {
    searchers: [
      ...(spread.length > 0 ? [new SpreadRules(spread)] : []),
      ...(exact.length > 0 ? [new ExactRules(exact)] : []),
    ],
    tooShort: values.filter((value) => !long.includes(value)).map(({ name }) => name),
  };
}

/** Those of several sets as one. */
export function joinKnownValues(sets: readonly KnownValues[]): KnownValues {
  return {
    searchers: sets.flatMap(({ searchers }) => searchers),
    tooShort: sets.flatMap(({ tooShort }) => tooShort),
  };
}

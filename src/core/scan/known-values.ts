/**
 * The workspace's own secrets as rules: every encoding in which one of them could leave.
 *
 * A value is looked for as it is, backwards, in hexadecimal, and in base64 and base64url wherever it
 * may stand among other bytes, which makes three alignments. Percent-encoding, character references,
 * `\u` escapes and nested encodings are decoded by the scan itself. A cipher is not seen through:
 * who can make a model compute one can take any value out of its sight.
 *
 * @module
 */

import { toBase64 } from '../primitives/base64.ts';
import { toUtf8 } from '../primitives/utf8.ts';
import type { Matcher } from './matcher.ts';
import { RuleSet } from './rule-set.ts';
import { foldText } from './shadow.ts';

/** Shortest value that can be looked for, in UTF-16 code units: a shorter one stands in any text. */
export const MIN_KNOWN_CHARS = 8;

/** A secret under its name, which goes on the record. */
export interface KnownValue {
  readonly name: string;
  readonly value: string;
}

/** Made once for each set of values; a scan takes it as it is. */
export interface KnownValues {
  readonly rules: RuleSet;
  /** Names of those that are too short to be looked for. */
  readonly tooShort: readonly string[];
}

export function compileKnownValues(values: readonly KnownValue[]): KnownValues {
  const long = values.filter(({ value }) => value.length >= MIN_KNOWN_CHARS);
  const matchers = long.flatMap(({ name, value }) =>
    writings(value).map((w) => matchExact(name, w)),
  );
  return {
    rules: new RuleSet(matchers.map((matcher) => ({ kind: 'known', matcher }))),
    tooShort: values.filter((value) => !long.includes(value)).map(({ name }) => name),
  };
}

interface Writing {
  readonly literal: string;
  readonly ignoresCase: boolean;
}

function writings(value: string): readonly Writing[] {
  const bytes = toUtf8(value.toWellFormed());
  const folded = foldText(value);
  const exact = [folded, Array.from(folded).reverse().join(''), ...toBase64Parts(bytes)];
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0'));
  return [...new Set(exact.filter((literal) => literal !== ''))]
    .map((literal) => ({ literal, ignoresCase: false }))
    .concat({ literal: hex.join(''), ignoresCase: true });
}

function matchExact(name: string, { literal, ignoresCase }: Writing): Matcher {
  return {
    name,
    literal,
    read: ({ text }, start, end) =>
      ignoresCase || text.startsWith(literal, start)
        ? { start, end, confidence: 'high', isOpen: false }
        : undefined,
  };
}

/** What base64 of anything with these bytes in it must hold, by where the value begins in it. */
function toBase64Parts(bytes: Uint8Array): readonly string[] {
  return [0, 1, 2].flatMap((offset) => {
    const padded = new Uint8Array(offset + bytes.length);
    padded.set(bytes, offset);
    // Only characters whose six bits are all of the value.
    const first = Math.ceil((offset * 8) / 6);
    const last = Math.floor((padded.length * 8) / 6);
    const written = toBase64(padded).slice(first, last);
    return [written, written.replaceAll('+', '-').replaceAll('/', '_')];
  });
}

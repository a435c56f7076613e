/**
 * Finds what a result says to the model: phrases of known attacks, signs of a forged
 * conversation, and text that no reader can see.
 *
 * Needs time in proportion to the text. What it finds is named on the record; what it misses is
 * held by labels and capabilities, not by this.
 *
 * @module
 */

import type { Finding } from './find-secrets.ts';
import { INJECTION_MARKERS, INJECTION_PHRASES, type InjectionPhrase } from './injection-phrases.ts';
import { type Shadow, shadowOf } from './shadow.ts';
import { TextCopy } from './text-copy.ts';

/**
 * Text without a look: tags (ASCII in a plane that displays as nothing), long runs of zero-width
 * characters and of variation selectors (both have been used to write bytes), and overrides of
 * the direction in which text reads.
 */
const HIDDEN_TEXT =
  /[\u{e0000}-\u{e007f}]{1,4096}|[\u200b-\u200d\u2060-\u2064\u180e\ufeff]{8,4096}|\p{Variation_Selector}{3,4096}|[\u202d\u202e]/gu;

/** A flag such as that of Scotland is written with tags, and visible. */
const FLAG_BASE = '\u{1f3f4}';
const MAX_FLAG_UNITS = 14;

const ASCII = /^[\t\n\r -~]*$/;

/** All that was found, in no promised order. */
export function findInjections(text: string): readonly Finding[] {
  const shadow = shadowOf(text);
  const lowerCase = { ...shadow, text: toLowerCase(shadow.text) };
  return [
    ...findHidden(text),
    ...findPhrases(lowerCase, INJECTION_MARKERS),
    ...findPhrases(wordsOf(lowerCase), INJECTION_PHRASES),
  ];
}

function findHidden(text: string): readonly Finding[] {
  if (ASCII.test(text)) return [];
  return [...text.matchAll(HIDDEN_TEXT)]
    .filter((match) => !isFlag(text, match))
    .map((match) => ({
      name: 'hidden-text',
      start: match.index,
      end: match.index + match[0].length,
    }));
}

function isFlag(text: string, match: RegExpExecArray): boolean {
  return match[0].length <= MAX_FLAG_UNITS && text.endsWith(FLAG_BASE, match.index);
}

function findPhrases(shadow: Shadow, phrases: readonly InjectionPhrase[]): readonly Finding[] {
  const findings: Finding[] = [];
  for (const { name, anyOf, pattern } of phrases) {
    if (!anyOf.some((word) => shadow.text.includes(word))) continue;
    for (const match of shadow.text.matchAll(pattern)) {
      const span = { start: match.index, end: match.index + match[0].length };
      findings.push({ name, ...shadow.toSource(span) });
    }
  }
  return findings;
}

/** Lower case of the same length. Only U+0130 would grow, and a shadow does not hold it. */
function toLowerCase(text: string): string {
  const lower = text.toLowerCase();
  return lower.length === text.length ? lower : text;
}

/** All that stands between two words, unless it is one space already. */
const SEPARATORS = /(?: [^\p{L}\p{N}]|[^\p{L}\p{N} ])[^\p{L}\p{N}]*/gu;

/** Puts one space for all that stands between words, be it line breaks, markup or punctuation. */
function wordsOf(shadow: Shadow): Shadow {
  const words = new TextCopy(shadow.text);
  let done = 0;
  for (const { 0: separator, index } of shadow.text.matchAll(SEPARATORS)) {
    words.keep(done, index);
    done = index + separator.length;
    words.write(' ', index, done);
  }
  words.keep(done, shadow.text.length);
  return { text: words.text, toSource: (span) => shadow.toSource(words.toSource(span)) };
}

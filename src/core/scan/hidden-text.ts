/**
 * Finds text that no reader can see: tags (ASCII in a plane that displays as nothing), long runs of
 * zero-width characters and of variation selectors (both have been used to write bytes), and overrides
 * of the direction in which text reads.
 *
 * @module
 */

import type { Finding } from './finding.ts';

const HIDDEN_TEXT =
  /[\u{e0000}-\u{e007f}]{1,4096}|[\u200b-\u200d\u2060-\u2064\u180e\ufeff]{8,4096}|\p{Variation_Selector}{3,4096}|[\u202d\u202e]/gu;

/** A flag such as that of Scotland is written with tags, and visible. */
const FLAG_BASE = '\u{1f3f4}';
const MAX_FLAG_UNITS = 14;

/** Some code unit of what is hidden; much faster to look for. */
const HINT = /[\u200b-\u200d\u2060-\u2064\u180e\ufeff\u202d\u202e\udb40]|[\ufe00-\ufe0f]{3}/;

/** Looks at a text as it is written: in a shadow, nothing hidden is left. */
export function findHiddenText(text: string): readonly Finding[] {
  if (!HINT.test(text)) return [];
  return [...text.matchAll(HIDDEN_TEXT)]
    .filter((match) => !isFlag(text, match))
    .map((match) => ({
      kind: 'injection',
      name: 'hidden-text',
      confidence: 'medium',
      start: match.index,
      end: match.index + match[0].length,
    }));
}

function isFlag(text: string, match: RegExpExecArray): boolean {
  return match[0].length <= MAX_FLAG_UNITS && text.endsWith(FLAG_BASE, match.index);
}

/**
 * Finds text that no reader can see: tags (ASCII in a plane that displays as nothing), long runs of
 * zero-width characters and of variation selectors (both have been used to write bytes), and overrides
 * of the direction in which text reads.
 *
 * @module
 */

import type { Found } from './rule-set.ts';

const HIDDEN_TEXT =
  /[\u{e0000}-\u{e007f}]{1,4096}|[\u200b-\u200d\u2060-\u2064\u180e\ufeff]{8,4096}|\p{Variation_Selector}{3,4096}|[\u202d\u202e]/gu;

/** A flag such as that of Scotland is written with tags, and visible. */
const FLAG_BASE = '\u{1f3f4}';
const MAX_FLAG_UNITS = 14;

/** A code unit of what is hidden, or that may become so; much faster to look for. */
const MAY_HIDE =
  /[\u200b-\u200d\u2060-\u2064\u180e\ufeff\u202d\u202e\udb40]|[\ufe00-\ufe0f](?:[\ufe00-\ufe0f]{2}|$)/;
/** A character of such a run, or the first half of one. */
const HIDING =
  /^[\u200b-\u200d\u2060-\u2064\u180e\ufeff\u{e0000}-\u{e007f}\p{Variation_Selector}\udb40]$/u;

/** Looks at a text as it is written: in a shadow, nothing hidden is left. */
export function findHiddenText(text: string): Found {
  if (!MAY_HIDE.test(text)) return { findings: [], openFrom: text.length };
  const findings = [...text.matchAll(HIDDEN_TEXT)]
    .filter((match) => !isFlag(text, match))
    .map((match) => ({
      kind: 'injection' as const,
      name: 'hidden-text',
      confidence: 'medium' as const,
      start: match.index,
      end: match.index + match[0].length,
    }));
  return { findings, openFrom: startOfHiddenEnd(text) };
}

/** Where the run begins that more text could make long enough, or longer. */
function startOfHiddenEnd(text: string): number {
  let at = text.length;
  for (;;) {
    const length = (text.codePointAt(at - 2) ?? 0) > 0xffff ? 2 : 1;
    if (!HIDING.test(text.slice(Math.max(0, at - length), at))) return at;
    at -= length;
  }
}

function isFlag(text: string, match: RegExpExecArray): boolean {
  return match[0].length <= MAX_FLAG_UNITS && text.endsWith(FLAG_BASE, match.index);
}

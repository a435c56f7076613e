/**
 * Result check 1, size: how much of an output the model may see, and where it is cut.
 *
 * Only the place of the cut is decided here. The cut itself is made last, since the shape of half
 * a document cannot be checked, and half a key cannot be found.
 *
 * @module
 */

import { type Denial, deny } from '../errors/denial.ts';
import { err, ok, type Result } from '../primitives/result.ts';

/** Stands at the end of what was cut, so that neither model nor user takes it for the whole. */
export const CUT_MARKER = '\n[cut by the gateway: the rest of this result is left out]';

/** Characters that belong to the one before: marks, joiners, skin tones, tags. */
const CONTINUES = /^(?:\p{M}|\p{Emoji_Modifier}|\p{Join_Control}|[\u{e0020}-\u{e007f}])/u;
const JOINER = '\u200d';

/** Longest cluster that is kept whole, in code units; a longer one is not for readers. */
const MAX_CLUSTER = 64;

export interface SizedOutput {
  readonly text: string;
  /** How many code units the model may see of it: all, or up to a boundary between characters. */
  readonly keptUnits: number;
}

/**
 * Measures an output. Tiers answer from other objects and machines, so that it is a text at all is
 * not taken for granted.
 */
export function checkSize(output: unknown, maxChars: number): Result<SizedOutput, Denial> {
  if (typeof output !== 'string') return err(deny('size', 'unreadable_output'));
  const isWhole = output.length <= maxChars;
  return ok({ text: output, keptUnits: isWhole ? output.length : cutPlace(output, maxChars) });
}

/** Cuts a text with a visible marker, so that it and the marker have at most `maxChars`. */
export function cutText(text: string, maxChars: number): string {
  return text.slice(0, cutPlace(text, maxChars)) + CUT_MARKER;
}

/** The last boundary between characters that leaves room for the marker. */
function cutPlace(text: string, maxChars: number): number {
  const limit = Math.max(0, maxChars - CUT_MARKER.length);
  const earliest = Math.max(0, limit - MAX_CLUSTER);
  for (let place = limit; place > earliest; place--) {
    if (isBoundary(text, place)) return place;
  }
  return splitsPair(text, limit) ? limit - 1 : limit;
}

function isBoundary(text: string, place: number): boolean {
  if (splitsPair(text, place)) return false;
  const next = String.fromCodePoint(text.codePointAt(place) ?? 0);
  return !CONTINUES.test(next) && text[place - 1] !== JOINER;
}

function splitsPair(text: string, place: number): boolean {
  const before = text.charCodeAt(place - 1);
  const after = text.charCodeAt(place);
  return before >= 0xd800 && before <= 0xdbff && after >= 0xdc00 && after <= 0xdfff;
}

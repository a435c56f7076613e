/**
 * Arguments as a human is shown them before he says yes: as JSON, in which nothing is invisible and
 * nothing turns the direction of the text.
 *
 * @module
 */

import type { JsonObject } from '../primitives/json.ts';

/**
 * Control, format, private and unassigned characters, separators other than the plain space, and what
 * shows as nothing: fillers, selectors, tags, the blank of Braille.
 */
const UNSEEN = /(?![ \n])[\p{Cc}\p{Cf}\p{Co}\p{Cn}\p{Z}\p{Default_Ignorable_Code_Point}\u2800]/gu;

/**
 * Every such character is written `\u{…}` in hex digits. A backslash of the arguments is doubled, as
 * in all JSON, so the two cannot be confused.
 */
export function renderArguments(args: JsonObject): string {
  return JSON.stringify(args, undefined, 2).replace(
    UNSEEN,
    (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`,
  );
}

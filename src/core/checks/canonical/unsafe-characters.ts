/**
 * Characters that make a text read differently from what it holds.
 *
 * Two measures: *a line* is what a person or a program takes in at a glance (a name, a path, an
 * enumeration) and holds nothing hidden; *prose* is a document, whose line breaks, joiners and
 * marks of direction are part of many written languages.
 *
 * @module
 */

import type { CanonicalReason } from './canonical-problem.ts';

/** Nearly every argument is only this, so it is decided at once. */
const PLAIN_ASCII = /^[ -~]*$/;

/** Lone surrogates, and code points that Unicode promises never to assign. */
const NOT_A_CHARACTER = /[\p{Surrogate}\p{Noncharacter_Code_Point}]/u;

const LINE_BREAK = /[\n\r\u0085\u2028\u2029]/;
const BIDI_CONTROL = /\p{Bidi_Control}/u;

/** Also the annotation marks and the blank Braille cell, which display as nothing. */
const INVISIBLE = /[\p{Default_Ignorable_Code_Point}\ufff9-\ufffb\u2800]/u;

/** The sequences that Unicode recommends: here a joiner or a tag is part of one visible sign. */
const EMOJI = /\p{RGI_Emoji}/gv;

const BREAKS_OF_PROSE = /[\t\n\r]/g;

/** Embeddings, overrides and isolates: they reorder what surrounds them ("Trojan Source"). */
const REORDERING = /[\u202a-\u202e\u2066-\u2069]/;

/** Tags, deprecated format controls, and variation selectors in a row: hidden data, not script. */
const HIDDEN_DATA =
  /[\u{e0000}-\u{e007f}\u206a-\u206f\ufff9-\ufffb]|[\ufe00-\ufe0f\u{e0100}-\u{e01ef}]{2}/u;

/** What hidden data is written with; looking for emoji in a long text takes a hundred times as long. */
const MAY_HIDE_DATA = /[\ufe00-\ufe0f\u206a-\u206f\ufff9-\ufffb\u{e0000}-\u{e01ef}]/u;

/** What is wrong with a text that must be one visible line. */
export function findUnsafeInLine(text: string): CanonicalReason | undefined {
  if (PLAIN_ASCII.test(text)) return undefined;
  if (LINE_BREAK.test(text)) return 'line_break';
  if (/\p{Control}/u.test(text)) return 'control_character';
  if (NOT_A_CHARACTER.test(text)) return 'not_a_character';
  if (BIDI_CONTROL.test(text)) return 'bidi_control';
  if (!INVISIBLE.test(text)) return undefined;
  return INVISIBLE.test(text.replace(EMOJI, '')) ? 'invisible_character' : undefined;
}

/** What is wrong with a text that may have many lines, in any script. */
export function findUnsafeInProse(text: string): CanonicalReason | undefined {
  if (PLAIN_ASCII.test(text)) return undefined;
  if (/\p{Control}/u.test(text.replace(BREAKS_OF_PROSE, ''))) return 'control_character';
  if (NOT_A_CHARACTER.test(text)) return 'not_a_character';
  if (REORDERING.test(text)) return 'bidi_control';
  if (!MAY_HIDE_DATA.test(text)) return undefined;
  return HIDDEN_DATA.test(text.replace(EMOJI, '')) ? 'invisible_character' : undefined;
}

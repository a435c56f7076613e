/**
 * What a text says, whatever it is written with: the copy on which patterns are looked for.
 *
 * Marks, invisible characters and escapes of JSON are gone, compatibility forms and look-alike
 * letters are Latin. The copy is only ever searched: what is passed on is cut out of the source.
 *
 * @module
 */

import { foldConfusable } from './confusables.ts';
import { type Span, TextCopy } from './text-copy.ts';

export interface Shadow {
  readonly text: string;
  /** The part of the source from which a part of `text` was made; an empty one has none. */
  readonly toSource: (span: Span) => Span;
}

/** The copy of a copy, with the way back through both. */
export function through(outer: Shadow, inner: Shadow): Shadow {
  return { text: inner.text, toSource: (span) => outer.toSource(inner.toSource(span)) };
}

/** What a backslash is: the beginning of an escape where it can be one, or always itself. */
type Backslashes = 'escapes are read' | 'backslashes stand';

/** All that may be written otherwise in the shadow. */
const CHANGING = {
  'escapes are read': /[^\t\n\r -[\]-~]/g,
  'backslashes stand': /[^\t\n\r -~]/g,
} as const satisfies Record<Backslashes, RegExp>;

/** Combining marks, and all that takes no room on a screen. */
const UNSEEN = /[\p{Mn}\p{Me}\p{Default_Ignorable_Code_Point}\p{Cf}\p{Cs}]/gu;

/** Some characters stand for a whole phrase; longer ones than this stay themselves. */
const MAX_EXPANSION = 4;

const JSON_ESCAPE = /\\(?:u([0-9A-Fa-f]{4})|[nrtbf"\\/])/y;

/** A text as its own copy. */
export function asItIs(text: string): Shadow {
  return { text, toSource: (span) => span };
}

/** A text as it would stand in a shadow, for rules that are looked for there. */
export function foldText(text: string): string {
  const first = nextChanging(text, 0, 'backslashes stand');
  return first === text.length ? text : Array.from(text, fold).join('');
}

/** Needs time in proportion to the text. */
export function shadowOf(source: string, backslashes: Backslashes = 'escapes are read'): Shadow {
  const first = nextChanging(source, 0, backslashes);
  if (first === source.length) return asItIs(source);

  const copy = new TextCopy(source);
  const folds = new Map<string, string>();
  let done = 0;
  for (let at = first; at < source.length; at = nextChanging(source, at, backslashes)) {
    const { character, length } = readCharacter(source, at);
    const folded = folds.get(character) ?? fold(character);
    folds.set(character, folded);
    if (folded !== character || length !== character.length) {
      copy.keep(done, at);
      copy.write(folded, at, at + length);
      done = at + length;
    }
    at += length;
  }
  copy.keep(done, source.length);
  return { text: copy.text, toSource: (span) => copy.toSource(span) };
}

function nextChanging(source: string, from: number, backslashes: Backslashes): number {
  const changing = CHANGING[backslashes];
  changing.lastIndex = from;
  return changing.exec(source)?.index ?? source.length;
}

/** One character as it is meant, and how many code units of the source it takes. */
function readCharacter(source: string, at: number): { character: string; length: number } {
  const character = String.fromCodePoint(source.codePointAt(at) ?? 0);
  if (character !== '\\') return { character, length: character.length };

  JSON_ESCAPE.lastIndex = at;
  const escaped = JSON_ESCAPE.exec(source);
  if (escaped === null) return { character, length: 1 };
  const [written, hex] = escaped;
  if (written === '\\n') return { character: '\n', length: 2 };
  const meant = hex === undefined ? ' ' : String.fromCharCode(Number.parseInt(hex, 16));
  return { character: meant, length: written.length };
}

function fold(character: string): string {
  const direct = foldConfusable(character);
  if (direct !== character) return direct;
  const seen = character.normalize('NFKD').replace(UNSEEN, '');
  if (seen.length > MAX_EXPANSION) return character;
  return seen.length === 1 ? foldConfusable(seen) : seen;
}

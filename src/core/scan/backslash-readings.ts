/**
 * A text with backslashes in it, read as it may be meant: as it stands, and as JSON, in which JSON may lie.
 *
 * In the shadow an escape is no more than the end of a word. That is right for tokens that have a form; a
 * value of no form may hold backslashes and quotation marks of its own, or stand behind a backslash.
 *
 * @module
 */

import { asItIs, type Shadow, shadowOf, through } from './shadow.ts';
import { TextCopy } from './text-copy.ts';

/** JSON within JSON within JSON. */
const MAX_NESTED = 3;

/** Those of JSON; shells, patterns and Markdown put a backslash before other punctuation, too. */
const ESCAPE = /\\(?:u([0-9A-Fa-f]{4})|([bfnrt]|[ -/:-@[-`{-~]))/g;

const MEANT: Readonly<Record<string, string>> = { b: '\b', f: '\f', n: '\n', r: '\r', t: '\t' };

/** What may stand behind the backslash of an escape that more text would complete. */
const CUT = /u[0-9A-Fa-f]{0,3}$/;
const MAX_CUT = 4;

/** Each with the way back to `text`; none for a text that has no backslash. */
export function* readBackslashes(text: string): Generator<Shadow> {
  if (!text.includes('\\')) return;
  yield shadowOf(text, 'backslashes stand');
  let read = asItIs(text);
  for (let depth = 0; depth < MAX_NESTED && read.text.includes('\\'); depth++) {
    read = through(read, decodeEscapes(read.text));
    yield through(read, shadowOf(read.text, 'backslashes stand'));
  }
}

function decodeEscapes(text: string): TextCopy {
  const copy = new TextCopy(text);
  let done = 0;
  for (const { 0: written, 1: hex, 2: letter = '', index } of text.matchAll(ESCAPE)) {
    copy.keep(done, index);
    done = index + written.length;
    const meant = hex === undefined ? MEANT[letter] : String.fromCharCode(Number.parseInt(hex, 16));
    copy.write(meant ?? letter, index, done);
  }
  copy.keep(done, endOfWhole(text));
  return copy;
}

/** Where an escape begins that is cut off at the end: until it is whole, what stands before it may go on. */
function endOfWhole(text: string): number {
  const end = text.length - (CUT.exec(text.slice(-MAX_CUT))?.[0].length ?? 0);
  let backslashes = 0;
  while (text.charAt(end - 1 - backslashes) === '\\') backslashes++;
  return backslashes % 2 === 1 ? end - 1 : text.length;
}

/**
 * Texts in the form in which they are compared: whoever copies a value by hand, or by a model,
 * changes its spaces and its case.
 *
 * Nothing else is folded. A letter that merely looks like another, or that becomes another when its
 * case changes (the Turkish capital I), stays what it is, so that it is never taken for the value.
 *
 * @module
 */

const SPACES = /\s+/gu;
const BEYOND_ASCII = /[^\0-\x7f]/u;
const CURLY_SINGLE = /[\u2018\u2019]/g;
const CURLY_DOUBLE = /[\u201c\u201d]/g;

/** Runs of white space as one space, none at the ends, and straight quotes. Keeps the case. */
export function plainText(text: string): string {
  const straight = BEYOND_ASCII.test(text)
    ? text.normalize('NFC').replace(CURLY_SINGLE, "'").replace(CURLY_DOUBLE, '"')
    : text;
  return straight.replace(SPACES, ' ').trim();
}

/** {@link plainText} in lower case, letter by letter. */
export function foldedText(text: string): string {
  const plain = plainText(text);
  if (!BEYOND_ASCII.test(plain)) return plain.toLowerCase();
  return Array.from(plain, foldLetter).join('');
}

/** Only where the way back leads to the same letter. */
function foldLetter(letter: string): string {
  const lower = letter.toLowerCase();
  return lower.toUpperCase() === letter ? lower : letter;
}

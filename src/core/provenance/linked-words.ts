/**
 * What in a text leads its reader somewhere: links, hosts, addresses and account codes. A text may
 * be about anything; where it sends people is another matter.
 *
 * @module
 */

import { foldedText } from './folded-text.ts';
import { isSchemelessLink } from './link-forms.ts';
import { toCode } from './spaced-codes.ts';
import { listWords } from './whole-words.ts';

export function listLinkedWords(text: string): string[] {
  return listWords(foldedText(text)).filter(isLink);
}

function isLink(word: string): boolean {
  return word.includes('://') || word.includes('@') || isSchemelessLink(word) || isAccount(word);
}

/** Letters and digits in one: figures and years of a text are no accounts. */
function isAccount(word: string): boolean {
  return toCode(word) !== undefined && /\p{L}/u.test(word);
}

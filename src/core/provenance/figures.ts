/**
 * Values that can say nothing: numbers, days and hours, account codes. Nobody can be told what to do
 * by one.
 *
 * @module
 */

import { foldedText } from './folded-text.ts';
import { isBlank, readMoments } from './moments.ts';
import { plainNumber } from './numbers.ts';

/** Letters first, then mostly digits, as in an IBAN: too regular to hold words. */
const ACCOUNT = /^[a-z]{0,4}\d[\d -]{3,40}$/;

export function isFigure(value: string | number | boolean): boolean {
  if (typeof value !== 'string') return true;
  const folded = foldedText(value);
  if (folded === '' || plainNumber(folded) !== undefined || ACCOUNT.test(folded)) return true;
  const { moments, rest } = readMoments(folded);
  return moments.length > 0 && isBlank(rest);
}

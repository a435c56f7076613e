/**
 * Bounds how much of a text is compared with values that begin as it does, again and again: a value of
 * one letter, in a text of it. Beyond, the beginning alone is a find.
 *
 * @module
 */

/** Most code units that are compared for each one of a text, and some more for a short text. */
const MAX_COMPARED_FACTOR = 8;
const MIN_COMPARED_UNITS = 1_048_576;

export function comparedUnitsOf(text: string): number {
  return Math.max(MIN_COMPARED_UNITS, text.length * MAX_COMPARED_FACTOR);
}

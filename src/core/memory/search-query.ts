/**
 * Turns what a model looks for into a query of SQLite's full-text search.
 *
 * Only letters and digits go in, each word in quotation marks, so that nothing of what was written is
 * read as an operator.
 *
 * @module
 */

/** Most words that are looked for. */
const MAX_WORDS = 16;

/** Rows with any of the words, the best first; `undefined` where there is no word. */
export function toSearchQuery(text: string): string | undefined {
  const words = text.toLowerCase().match(/[\p{L}\p{N}\p{M}]+/gu) ?? [];
  const different = [...new Set(words)].slice(0, MAX_WORDS);
  return different.length === 0 ? undefined : different.map((word) => `"${word}"*`).join(' OR ');
}

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
  const words = wordsOf(text).slice(0, MAX_WORDS);
  return words.length === 0 ? undefined : words.map((word) => `"${word}"*`).join(' OR ');
}

/** Says of texts whether that query finds them, for where there is no index. */
export function finderOf(query: string): (text: string) => boolean {
  const wanted = wordsOf(query).slice(0, MAX_WORDS).map(withoutAccents);
  return (text) => {
    const words = wordsOf(withoutAccents(text));
    return wanted.some((begin) => words.some((word) => word.startsWith(begin)));
  };
}

/** Each once, in lower case. */
function wordsOf(text: string): readonly string[] {
  return [...new Set(text.toLowerCase().match(/[\p{L}\p{N}\p{M}]+/gu) ?? [])];
}

export function withoutAccents(text: string): string {
  return text.normalize('NFKD').replaceAll(/\p{M}+/gu, '');
}

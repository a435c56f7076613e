/**
 * Turns what a model looks for into a query of SQLite's full-text search, and what is to be found into
 * what that can index.
 *
 * Only letters and digits go into a query, each term in quotation marks, so that nothing of what was
 * written is read as an operator.
 *
 * @module
 */

/** Most terms that are looked for. */
const MAX_TERMS = 16;

/** A letter of a script that puts no spaces between words. */
const A_LETTER = String.raw`(?=\p{L})[\p{scx=Hani}\p{scx=Hira}\p{scx=Kana}\p{scx=Thai}\p{scx=Laoo}\p{scx=Khmr}\p{scx=Mymr}]`;
const LETTER = new RegExp(A_LETTER, 'gu');

/** Such letters in a row, or a word. */
const RUN = new RegExp(
  String.raw`(?:${A_LETTER}\p{M}*)+|(?:(?!${A_LETTER})[\p{L}\p{N}\p{M}])+`,
  'gu',
);

/**
 * A text as the index takes it: each letter of a script without spaces is a word.
 *
 * @example
 * ```ts
 * toIndexed('我住在 Bonn'); // ' 我  住  在  Bonn'
 * ```
 */
export function toIndexed(text: string): string {
  return text.normalize('NFKC').replaceAll(LETTER, ' $& ');
}

/** Rows with any of the terms, the best first; `undefined` where there is none. */
export function toSearchQuery(text: string): string | undefined {
  const terms = termsOf(text);
  return terms.length === 0 ? undefined : terms.map((term) => `"${term}"*`).join(' OR ');
}

/** Says of texts whether that query finds them, for where there is no index. */
export function finderOf(query: string): (text: string) => boolean {
  const wanted = termsOf(withoutAccents(query));
  return (text) => {
    const words = toIndexed(withoutAccents(text)).toLowerCase().match(RUN) ?? [];
    const all = ` ${words.join(' ')}`;
    return wanted.some((begin) => all.includes(` ${begin}`));
  };
}

/** Each once, in lower case: words, and of letters in a row each with the next one. */
function termsOf(text: string): readonly string[] {
  const runs = text.normalize('NFKC').toLowerCase().match(RUN) ?? [];
  return [...new Set(runs.flatMap(termsOfRun))].slice(0, MAX_TERMS);
}

function termsOfRun(run: string): readonly string[] {
  const letters = run.match(LETTER) ?? [run];
  if (letters.length === 1) return letters;
  return letters.slice(1).map((letter, at) => `${letters[at]} ${letter}`);
}

export function withoutAccents(text: string): string {
  return text.normalize('NFKD').replaceAll(/\p{M}+/gu, '');
}

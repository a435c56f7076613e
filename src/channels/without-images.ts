/**
 * Keeps Markdown from showing pictures: whoever shows one asks its address for it, and tells whatever a
 * model was made to write there to whoever owns it, without anybody having clicked.
 *
 * @module
 */

/** Stands between what would be read together, and is not seen. */
const WORD_JOINER = '\u2060';

const IMAGE = '![';

/** Tags at which something is fetched. */
const FETCHED = /<(?=(?:img|image|picture|source|video|audio|svg|iframe|object|embed)\b)/gi;

/** Everywhere, in code too: what one parser takes for code another one may not. */
export function withoutImages(markdown: string): string {
  return markdown.replaceAll(IMAGE, `!${WORD_JOINER}[`).replace(FETCHED, `<${WORD_JOINER}`);
}

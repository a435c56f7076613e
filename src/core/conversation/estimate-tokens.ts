/**
 * Tokens of a text, estimated from its length: the middle of the road, for any language and vendor.
 *
 * @module
 */

export const CHARACTERS_A_TOKEN = 4;

/** From here on a character is about a token: Chinese, Japanese and Korean, the scripts of India, Thai. */
const FIRST_DENSE = 0x900;

/** Of a character beyond 16 bits each half counts as much. */
const FIRST_HALF = 0xd800;
const LAST_HALF = 0xdfff;

/** How many characters of Latin take as many tokens as this text does. */
export function weigh(text: string): number {
  let weight = 0;
  for (let at = 0; at < text.length; at++) weight += weightOf(text.charCodeAt(at));
  return weight;
}

/** The first so many code units of a text that weigh no more than `most`. */
export function unitsWithin(text: string, most: number): number {
  let left = most;
  for (let at = 0; at < text.length; at++) {
    left -= weightOf(text.charCodeAt(at));
    if (left < 0) return at;
  }
  return text.length;
}

function weightOf(unit: number): number {
  if (unit < FIRST_DENSE) return 1;
  return unit >= FIRST_HALF && unit <= LAST_HALF ? CHARACTERS_A_TOKEN / 2 : CHARACTERS_A_TOKEN;
}

export function estimateTokens(characters: number): number {
  return Math.ceil(characters / CHARACTERS_A_TOKEN);
}

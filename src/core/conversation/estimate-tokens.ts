/**
 * Tokens of a text, estimated from its length: the middle of the road, for any language and vendor.
 *
 * @module
 */

export const CHARACTERS_A_TOKEN = 4;

export function estimateTokens(characters: number): number {
  return Math.ceil(characters / CHARACTERS_A_TOKEN);
}

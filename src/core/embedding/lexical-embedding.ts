/**
 * Turns a text into a vector by its letters alone: words, pieces of words and pairs of words are hashed
 * into a fixed number of places.
 *
 * No model was trained for it, so it knows no meaning: "car" and "automobile" are strangers to it. What it
 * finds is what is written alike, such as inflections, compounds and slips of the pen, in any script. It is
 * deterministic, the same everywhere, and takes time in proportion to the length of the text.
 *
 * @module
 */

import { withoutAccents } from '../memory/search-query.ts';

/** Places of a vector, unless less are asked for. */
export const LEXICAL_DIMENSIONS = 512;

/** Fewest places: with less, everything resembles everything. */
export const MIN_LEXICAL_DIMENSIONS = 64;

/** What a feature weighs: a word more than its pieces, and a short word, mostly grammar, little. */
const WEIGHTS = { word: 1, shortWord: 0.2, piece: 0.6, shortPiece: 0.1, pair: 0.3 } as const;

const SHORT_WORD = 3;
const PIECE = 3;

/** Longest word that is cut to pieces, in characters; anything longer is noise, or an attack. */
const MAX_WORD = 64;

/** Of length one, or all zeros where the text holds neither letter nor digit. */
export function embedLexically(text: string, dimensions = LEXICAL_DIMENSIONS): number[] {
  const vector = new Array<number>(dimensions).fill(0);
  const add = (feature: string, weight: number) => {
    const hash = hashOf(feature);
    const place = (hash >>> 1) % dimensions;
    vector[place] = (vector[place] ?? 0) + (hash & 1 ? weight : -weight);
  };
  let before = '';
  for (const word of wordsOf(text)) {
    const isShort = word.length <= SHORT_WORD;
    add(`w${word}`, isShort ? WEIGHTS.shortWord : WEIGHTS.word);
    addPieces(word, (piece) => add(piece, isShort ? WEIGHTS.shortPiece : WEIGHTS.piece));
    if (before !== '' && !isShort) add(`b${before} ${word}`, WEIGHTS.pair);
    before = word;
  }
  return toUnitLength(vector);
}

/** Without case and accents. */
function wordsOf(text: string): readonly string[] {
  const plain = withoutAccents(text).toLowerCase();
  return (plain.match(/[\p{L}\p{N}]+/gu) ?? []).map((word) => word.slice(0, MAX_WORD));
}

function addPieces(word: string, add: (feature: string) => void): void {
  const marked = `^${word}$`;
  for (let at = 0; at + PIECE <= marked.length; at++) {
    add(`p${marked.slice(at, at + PIECE)}`);
  }
}

/** FNV-1a over UTF-16 code units, then mixed, so that the lowest bit is as good as any. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) {
    hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x7feb352d);
  hash = Math.imul(hash ^ (hash >>> 15), 0x846ca68b);
  return (hash ^ (hash >>> 16)) >>> 0;
}

function toUnitLength(vector: number[]): number[] {
  const length = Math.sqrt(vector.reduce((sum, value) => sum + value * value, 0));
  return length === 0 ? vector : vector.map((value) => value / length);
}

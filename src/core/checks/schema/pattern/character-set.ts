/**
 * Sets of characters, as a regular expression names them.
 *
 * Used only to ask whether two sets have a character in common, so a set may be wider than what
 * it stands for, never narrower.
 *
 * @module
 */

/** First and last code point of a run. */
export type Run = readonly [first: number, last: number];

/** Runs in ascending order, apart from each other. */
export type CharacterSet = readonly Run[];

const LAST_CODE_POINT = 0x10ffff;

export const ANY: CharacterSet = [[0, LAST_CODE_POINT]];

const DIGIT = [[0x30, 0x39]] as const;
const WORD = [...DIGIT, [0x41, 0x5a], [0x5f, 0x5f], [0x61, 0x7a]] as const;
const LINE_END = [
  [0x0a, 0x0a],
  [0x0d, 0x0d],
  [0x2028, 0x2029],
] as const;
const SPACE = [
  ...([
    [0x09, 0x0d],
    [0x20, 0x20],
    [0xa0, 0xa0],
    [0x1680, 0x1680],
  ] as const),
  ...([
    [0x2000, 0x200a],
    [0x2028, 0x2029],
    [0x202f, 0x202f],
  ] as const),
  ...([
    [0x205f, 0x205f],
    [0x3000, 0x3000],
    [0xfeff, 0xfeff],
  ] as const),
] as const;

/** What `.` and the class escapes stand for; `\p{…}` may be anything. */
export const CLASSES: Readonly<Record<string, CharacterSet>> = {
  '.': complement(LINE_END),
  d: DIGIT,
  D: complement(DIGIT),
  w: WORD,
  W: complement(WORD),
  s: SPACE,
  S: complement(SPACE),
  p: ANY,
  P: ANY,
};

/** Sorts and joins runs that may overlap. */
export function toSet(runs: readonly Run[]): CharacterSet {
  const sorted = [...runs].sort((a, b) => a[0] - b[0]);
  const joined: [number, number][] = [];
  for (const [first, last] of sorted) {
    const previous = joined.at(-1);
    if (previous !== undefined && first <= previous[1] + 1) {
      previous[1] = Math.max(previous[1], last);
    } else {
      joined.push([first, last]);
    }
  }
  return joined;
}

/** Every character that is not in the set. */
export function complement(set: CharacterSet): CharacterSet {
  const runs: Run[] = [];
  let next = 0;
  for (const [first, last] of set) {
    if (first > next) runs.push([next, first - 1]);
    next = last + 1;
  }
  if (next <= LAST_CODE_POINT) runs.push([next, LAST_CODE_POINT]);
  return runs;
}

/** Whether some character is in both. */
export function intersects(a: CharacterSet, b: CharacterSet): boolean {
  let i = 0;
  let j = 0;
  for (;;) {
    const left = a[i];
    const right = b[j];
    if (left === undefined || right === undefined) return false;
    if (left[1] < right[0]) i++;
    else if (right[1] < left[0]) j++;
    else return true;
  }
}

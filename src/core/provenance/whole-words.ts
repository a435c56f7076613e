/**
 * Finds a value in a text as a whole: not as part of a longer word, address, path or number.
 *
 * `bob@example.net` stands in "mail bob@example.net." and stands neither in
 * "not-bob@example.net" nor in "bob@example.net.attacker.org", since marks between letters hold a
 * word together. Linear in text and value, whatever they are.
 *
 * @module
 */

/** Letters and digits, held together by the marks of addresses, paths, numbers and codes. */
const WORD = /[\p{L}\p{N}\p{M}_]+(?:[.@\-+/:%&=~#\\$?!*^|]+[\p{L}\p{N}\p{M}_]+)*/gu;

export function listWords(text: string): readonly string[] {
  return text.match(WORD) ?? [];
}

/** A text that is searched often: its words are found once. */
export class WordText {
  readonly text: string;
  readonly #words: ReadonlySet<string>;
  /** Bit for each place: whether it lies within a word, neither at its beginning nor its end. */
  readonly #isInside: Uint8Array;

  constructor(text: string) {
    this.text = text;
    const words = new Set<string>();
    this.#isInside = new Uint8Array(text.length + 1);
    for (const { 0: word, index } of text.matchAll(WORD)) {
      words.add(word);
      this.#isInside.fill(1, index + 1, index + word.length);
    }
    this.#words = words;
  }

  /** Whether the value stands in the text as a whole. What holds no word stands nowhere. */
  holds(value: string): boolean {
    const words = listWords(value);
    if (words.length === 0 || !words.every((word) => this.#words.has(word))) return false;
    if (words.length === 1 && words[0] === value) return true;
    return findPlace(this.text, value, (start, end) => this.isWhole(start, end)) !== undefined;
  }

  /** Whether one of its words begins so. */
  begins(beginning: string): boolean {
    for (const word of this.#words) if (word.startsWith(beginning)) return true;
    return false;
  }

  /** Whether both ends of a part are ends of words. */
  isWhole(start: number, end: number): boolean {
    return this.#isInside[start] === 0 && this.#isInside[end] === 0;
  }
}

/** Knuth, Morris and Pratt: the first place of a part that is accepted, in linear time. */
export function findPlace(
  text: string,
  part: string,
  accepts: (start: number, end: number) => boolean,
): number | undefined {
  const borders = bordersOf(part);
  let matched = 0;
  for (let place = 0; place < text.length; place++) {
    while (matched > 0 && text[place] !== part[matched]) matched = borders[matched - 1] ?? 0;
    if (text[place] === part[matched]) matched += 1;
    if (matched < part.length) continue;
    const start = place + 1 - part.length;
    if (accepts(start, place + 1)) return start;
    matched = borders[matched - 1] ?? 0;
  }
  return undefined;
}

/** For each beginning of the part, how long its longest own beginning is that it also ends with. */
function bordersOf(part: string): Uint32Array {
  const borders = new Uint32Array(part.length);
  let matched = 0;
  for (let place = 1; place < part.length; place++) {
    while (matched > 0 && part[place] !== part[matched]) matched = borders[matched - 1] ?? 0;
    if (part[place] === part[matched]) matched += 1;
    borders[place] = matched;
  }
  return borders;
}

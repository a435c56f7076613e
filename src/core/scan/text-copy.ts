/**
 * A changed copy of a text that remembers, for each of its parts, where in the source it is from.
 *
 * @module
 */

/** Places in a text, in UTF-16 code units; `end` is the first one after it. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** Built from left to right. What is neither kept nor written is left out of the copy. */
export class TextCopy {
  readonly #source: string;
  readonly #parts: string[] = [];
  /** For each part, where it begins in the copy, and its beginning and end in the source. */
  readonly #copyAt: number[] = [];
  readonly #sourceAt: number[] = [];
  readonly #sourceEnd: number[] = [];
  #length = 0;

  constructor(source: string) {
    this.#source = source;
  }

  get text(): string {
    return this.#parts.join('');
  }

  /** Takes a part of the source as it is. */
  keep(start: number, end: number): void {
    this.write(this.#source.slice(start, end), start, end);
  }

  /**
   * Puts a text in the place of a part of the source. Unless the two are of one length, each unit
   * of the text stands for the whole part.
   */
  write(text: string, start: number, end: number): void {
    if (text === '') return;
    this.#parts.push(text);
    this.#copyAt.push(this.#length);
    this.#sourceAt.push(start);
    this.#sourceEnd.push(end);
    this.#length += text.length;
  }

  /** The part of the source from which a part of the copy was made. */
  toSource({ start, end }: Span): Span {
    if (start >= end || end > this.#length) return { start: 0, end: 0 };
    return { start: this.#placeOf(start).start, end: this.#placeOf(end - 1).end };
  }

  /** The part of the source that one unit of the copy stands for. */
  #placeOf(unit: number): Span {
    const part = this.#partOf(unit);
    const copyAt = this.#copyAt[part] ?? 0;
    const copyEnd = this.#copyAt[part + 1] ?? this.#length;
    const start = this.#sourceAt[part] ?? 0;
    const end = this.#sourceEnd[part] ?? 0;
    if (copyEnd - copyAt !== end - start) return { start, end };
    return { start: start + unit - copyAt, end: start + unit - copyAt + 1 };
  }

  /** The last part that does not begin behind this unit. */
  #partOf(unit: number): number {
    let low = 0;
    let high = this.#copyAt.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#copyAt[middle] ?? 0) <= unit) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }
}

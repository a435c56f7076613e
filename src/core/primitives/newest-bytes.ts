/**
 * What is kept in the room that there is for it: of things that come one after another, the newest.
 *
 * @module
 */

export class NewestBytes {
  readonly #mostBytes: number;
  /** In the order in which they came. */
  readonly #sizes = new Map<string, number>();
  #bytes = 0;

  constructor(mostBytes: number) {
    this.#mostBytes = mostBytes;
  }

  /** Answers which there is no more room for, the oldest first; never this one. */
  add(key: string, bytes: number): readonly string[] {
    this.delete(key);
    this.#sizes.set(key, bytes);
    this.#bytes += bytes;
    const left: string[] = [];
    for (const old of this.#sizes.keys()) {
      if (this.#bytes <= this.#mostBytes || old === key) break;
      this.delete(old);
      left.push(old);
    }
    return left;
  }

  /** It is not kept any more. */
  delete(key: string): void {
    this.#bytes -= this.#sizes.get(key) ?? 0;
    this.#sizes.delete(key);
  }
}

/**
 * What a block does by itself, one piece after the other, until nothing is left of it.
 *
 * Nothing here is remembered beyond the pieces themselves, which are in storage: after the object was
 * lost, or a piece has failed, the timer goes on.
 *
 * @module
 */

import type { BlockParts } from './block-parts.ts';

/** `later`: this piece is tried again then, and nothing is done before. */
export type Progress = 'next' | 'stop' | { readonly kind: 'later'; readonly afterMs: number };

export interface WorkRules<Piece> {
  readonly timer: string;
  /** The piece that is to be done now, if there is any. */
  readonly next: () => Piece | undefined;
  /** Must bear to be asked again about the same piece. */
  readonly work: (piece: Piece) => Promise<Progress>;
}

/** How soon a piece that failed in an unforeseen way is tried again, in milliseconds. */
const FAILED_MS = 1_000;

export class WorkThrough<Piece> {
  readonly #parts: BlockParts;
  readonly #rules: WorkRules<Piece>;
  #running: Promise<void> | undefined;

  constructor(parts: BlockParts, rules: WorkRules<Piece>) {
    this.#parts = parts;
    this.#rules = rules;
  }

  /** Settles with what is going on; nothing if nothing is. */
  get running(): Promise<void> | undefined {
    return this.#running;
  }

  /** After anything may have come that is to be done. */
  wake(): void {
    if (this.#running === undefined && this.#rules.next() !== undefined) {
      this.#parts.defer(this.run());
    }
  }

  /** Resolves once nothing is left, or it must be tried later. Never rejects. */
  run(): Promise<void> {
    this.#running ??= this.#runAll()
      .catch(() => this.#tryLater(FAILED_MS))
      .finally(() => {
        this.#running = undefined;
      });
    return this.#running;
  }

  async #runAll(): Promise<void> {
    const { next, work } = this.#rules;
    for (let piece = next(); piece !== undefined; piece = next()) {
      const progress = await work(piece);
      if (progress === 'stop') return;
      if (progress !== 'next') return this.#tryLater(progress.afterMs);
    }
  }

  #tryLater(afterMs: number): void {
    this.#parts.timers.set(this.#rules.timer, this.#parts.now() + afterMs);
  }
}

/**
 * What a block does by itself, one piece after the other, until nothing is left of it.
 *
 * Nothing here is remembered beyond the pieces themselves, which are in storage: after the object was
 * lost, or a piece has failed, the timer goes on. The end of the block ends the piece under way, too.
 *
 * @module
 */

import { atMost } from '../kit/in-parallel.ts';
import type { BlockParts } from './block-parts.ts';
import type { BlockFacts } from './facts-store.ts';

/** `later`: this piece is tried again then, and nothing is done before. */
export type Progress = 'next' | 'stop' | { readonly kind: 'later'; readonly afterMs: number };

export interface WorkRules<Piece> {
  readonly timer: string;
  /** The piece that is to be done now, if there is any. */
  readonly next: () => Piece | undefined;
  /** Must bear to be asked again about the same piece. */
  readonly work: (piece: Piece) => Promise<Progress>;
  /** Has what others do for the piece under way end. Must bear to be asked again. */
  readonly end: (facts: BlockFacts) => Promise<void>;
}

/** How soon a dead block looks whether the piece under way has ended, in milliseconds. */
const END_AGAIN_MS = 200;

/** When a piece that is still under way is looked after again, in milliseconds. */
const LOOK_AGAIN_MS = 5_000;

/** How soon a piece that failed in an unforeseen way is tried again, in milliseconds. */
const FAILED_MS = 1_000;

export class WorkThrough<Piece> {
  readonly #parts: BlockParts;
  readonly #rules: WorkRules<Piece>;
  #running: Promise<void> | undefined;
  #isEnding = false;

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

  /**
   * The timer, which is set while anything is under way: so if this object was lost over the end of its
   * block, that is made good.
   *
   * @throws whatever keeps a piece of a dead block from being ended; then it is tried again.
   */
  async ring(): Promise<void> {
    const { facts, now, timers } = this.#parts;
    const dead = facts.alive() === undefined ? facts.read() : undefined;
    if (dead !== undefined) return this.#rules.end(dead);
    this.wake();
    // However long it takes, no other timer of the block waits for it.
    if (this.#running !== undefined) timers.set(this.#rules.timer, now() + LOOK_AGAIN_MS);
  }

  /** The block is dead: what is under way ends too, and what may be just about to begin; `then` comes after it. */
  end(then: () => Promise<void> = async () => {}): void {
    const { facts, defer } = this.#parts;
    const dead = facts.read();
    if (dead === undefined || this.#isEnding) return;
    this.#isEnding = true;
    defer(
      this.endPiece(dead)
        .then(then)
        .finally(() => {
          this.#isEnding = false;
        }),
    );
  }

  /** Resolves once nothing is under way. Whoever asks sees to it that nothing new begins. */
  async endPiece(facts: BlockFacts): Promise<void> {
    const { timer, end } = this.#rules;
    if (this.#running === undefined && this.#parts.timers.dueAt(timer) === undefined) return;
    do {
      await end(facts).catch(() => {});
      await atMost(END_AGAIN_MS, this.#running);
    } while (this.#running !== undefined);
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

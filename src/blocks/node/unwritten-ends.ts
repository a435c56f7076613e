/**
 * Ends of calls that were told to whoever waits and are not written yet: they go to disk with the next
 * change, mostly the next call, or by themselves a moment later.
 *
 * The node has each of them on its own disk. Should this object be lost before, the row still says
 * that the call was sent, and the node is asked again when it is back.
 *
 * @module
 */

/** How long they wait for another change, in milliseconds. */
const WRITE_WITHIN_MS = 50;

export interface EndWriting {
  /** Makes a change part of the next transaction. */
  readonly writeLate: (change: () => void) => void;
  /** Makes a transaction of what is late. */
  readonly commit: () => void;
}

export class UnwrittenEnds {
  readonly #writing: EndWriting;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(writing: EndWriting) {
    this.#writing = writing;
  }

  add(change: () => void): void {
    this.#writing.writeLate(() => orLeaveSent(change));
    this.#timer ??= setTimeout(() => this.write(), WRITE_WITHIN_MS);
  }

  /** For whoever reads rows: after it they say all that was told. */
  write(): void {
    if (this.#timer !== undefined) this.#writing.commit();
  }

  /** A transaction has taken them along. */
  forget(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}

/** One that cannot be written harms no other: its node is asked again, or it ends as unknown. */
function orLeaveSent(change: () => void): void {
  try {
    change();
  } catch (thrown) {
    const name = thrown instanceof Error ? thrown.name : 'error';
    console.error(`the end of a call could not be written (${name})`);
  }
}

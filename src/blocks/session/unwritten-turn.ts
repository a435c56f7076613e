/**
 * A turn that has begun and is not written yet.
 *
 * A run that costs nothing and touches nothing before its first commit may begin before its turn is
 * written: then the admission goes to disk with that commit. It goes there by itself when the run takes
 * longer, and in any case before anything of the turn is told to anybody. If the object dies before,
 * nobody was promised anything: the request fails, and the run is refused at its first commit.
 *
 * @module
 */

import type { TurnId } from '../../core/primitives/ids.ts';
import type { Changes } from '../kit/changes.ts';

/** Longest that the admission waits for the first commit, in milliseconds. */
const LATEST_MS = 2;

interface Held {
  readonly turnId: TurnId;
  readonly write: () => void;
}

export class UnwrittenTurn {
  readonly #changes: Changes;
  #held: Held | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(changes: Changes) {
    this.#changes = changes;
  }

  /** There is one at most: whatever is asked of the session writes it first. */
  hold(turnId: TurnId, write: () => void): void {
    this.#held = { turnId, write };
    this.#timer = setTimeout(() => this.write(), LATEST_MS);
  }

  isAbout(turnId: TurnId): boolean {
    return this.#held?.turnId === turnId;
  }

  write(): void {
    if (this.#held !== undefined) this.writeWith(() => undefined);
  }

  /** In the transaction of `change`, before it. If that fails, neither is done. */
  writeWith<T>(change: () => T): T {
    const held = this.#held;
    if (held === undefined) return change();
    const result = this.#changes.make(() => {
      held.write();
      return change();
    });
    this.#held = undefined;
    clearTimeout(this.#timer);
    return result;
  }
}

/**
 * A turn that has begun and is not written yet.
 *
 * A run that costs nothing and touches nothing before its first commit may begin before its turn is
 * written: then the admission goes to disk with that commit. So may its first steps wait for a later one
 * for as long as nothing comes of them. All of it goes to disk by itself when the run takes longer, and
 * in any case before anything of the turn is told to anybody, or any host call of it is granted. If the
 * object dies before, or if it cannot be written, nobody was promised anything: the request fails, and the
 * run is refused when it commits.
 *
 * @module
 */

import type { JournalEntry } from '../../core/conversation/journal-entry.ts';
import type { TurnId } from '../../core/primitives/ids.ts';
import type { Changes } from '../kit/changes.ts';
import { TurnProgress } from './turn-progress.ts';

/** Longest that the admission waits for the first commit, in milliseconds. */
const LATEST_MS = 2;

/** Longest that steps of the turn wait for a later one, in milliseconds. */
const STEPS_LATEST_MS = 250;

interface Held {
  readonly turnId: TurnId;
  /** Its admission, and the steps since. */
  readonly writes: (() => void)[];
  /** What they will add up to. */
  readonly progress: TurnProgress;
  readonly lose: () => void;
  timer: ReturnType<typeof setTimeout>;
}

export class UnwrittenTurn {
  readonly #changes: Changes;
  readonly #hearLost: (turnId: TurnId) => void;
  #held: Held | undefined;
  #lost: TurnId | undefined;

  /** `hearLost` is told of a turn that could not be written. */
  constructor(changes: Changes, hearLost: (turnId: TurnId) => void) {
    this.#changes = changes;
    this.#hearLost = hearLost;
  }

  /** There is one at most: whatever is asked of the session writes it first. `lose` is called if it cannot be written. */
  hold(
    turnId: TurnId,
    { write, lose }: { readonly write: () => void; readonly lose: () => void },
  ): void {
    const timer = setTimeout(() => this.write(), LATEST_MS);
    this.#held = { turnId, writes: [write], progress: new TurnProgress(), lose, timer };
  }

  /**
   * A step of the turn that is held, unless its entries cannot follow what is: then all of it must be
   * written, and the step tried for real.
   */
  holdStep(entries: readonly JournalEntry[], write: () => void): 'held' | 'misplaced' {
    const held = this.#held;
    if (held === undefined || !canFollow(held.progress, entries)) return 'misplaced';
    if (held.writes.push(write) > 2) return 'held';
    clearTimeout(held.timer);
    held.timer = setTimeout(() => this.write(), STEPS_LATEST_MS);
    return 'held';
  }

  isAbout(turnId: TurnId): boolean {
    return this.#held?.turnId === turnId;
  }

  /** Whether that turn, the last one that was held, could not be written. */
  wasLost(turnId: TurnId): boolean {
    return this.#lost === turnId;
  }

  /** Whoever asks for it has another concern: a turn that cannot be written is lost, and no more. */
  write(): void {
    const held = this.#held;
    if (held === undefined) return;
    try {
      this.writeWith(() => undefined);
    } catch (thrown) {
      this.#lose(held);
      const name = thrown instanceof Error ? thrown.name : 'error';
      console.error(`a turn that had begun could not be written (${name})`);
    }
  }

  /**
   * In the transaction of `change`, before it. If that fails, neither is done; what cannot be written
   * itself is held no longer.
   */
  writeWith<T>(change: () => T): T {
    const held = this.#held;
    if (held === undefined) return change();
    let isWritten = false;
    try {
      const result = this.#changes.make(() => {
        for (const write of held.writes) write();
        isWritten = true;
        return change();
      });
      this.#letGo(held);
      return result;
    } catch (thrown) {
      if (!isWritten) this.#lose(held);
      throw thrown;
    }
  }

  #lose(held: Held): void {
    if (this.#held !== held) return;
    this.#letGo(held);
    this.#lost = held.turnId;
    held.lose();
    this.#hearLost(held.turnId);
  }

  #letGo({ timer }: Held): void {
    this.#held = undefined;
    clearTimeout(timer);
  }
}

/** Takes the entries in. */
function canFollow(progress: TurnProgress, entries: readonly JournalEntry[]): boolean {
  try {
    for (const entry of entries) progress.apply(entry);
    return true;
  } catch {
    return false;
  }
}

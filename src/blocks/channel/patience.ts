/**
 * How long what passes by itself is tried again, such as a rate that is used up: so long since it began in
 * that session, however long the updates have waited for their turns before. In memory alone: an object
 * that begins has all its patience again.
 *
 * @module
 */

/** How long one trouble is borne, and how long one is remembered after it was met last, in milliseconds. */
export const PATIENCE_MS = 300_000;

/** Troubles that are over are forgotten when there are so many, and then twice as many as were left. */
const MANY = 1_000;

interface Trouble {
  readonly since: number;
  readonly lastAt: number;
  /** The update that met it last. */
  readonly seq: number;
}

export class Patience {
  readonly #troubles = new Map<string, Trouble>();
  #sweepsAt = MANY;

  /** A session's update has met trouble: whether it is to be tried again. */
  bears(session: string, seq: number, now: number): boolean {
    if (this.#troubles.size >= this.#sweepsAt) this.#sweep(now);
    const known = this.#troubles.get(session);
    const since = known === undefined || isOver(known, now) ? now : known.since;
    this.#troubles.set(session, { since, lastAt: now, seq });
    return now - since < PATIENCE_MS;
  }

  /** Whether this very update has met some that is not over. */
  isTried(session: string, seq: number, now: number): boolean {
    const known = this.#troubles.get(session);
    return known?.seq === seq && !isOver(known, now);
  }

  /** A session's update has had its turn. */
  renew(session: string): void {
    this.#troubles.delete(session);
  }

  #sweep(now: number): void {
    for (const [session, trouble] of this.#troubles) {
      if (isOver(trouble, now)) this.#troubles.delete(session);
    }
    this.#sweepsAt = Math.max(MANY, 2 * this.#troubles.size);
  }
}

function isOver({ lastAt }: Trouble, now: number): boolean {
  return now - lastAt >= PATIENCE_MS;
}

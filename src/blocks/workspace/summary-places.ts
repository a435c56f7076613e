/**
 * How many summaries a workspace has written at once: in the background, so none of them is urgent, and
 * however many conversations grow too long together, no more than this are asked for.
 *
 * Lives in memory: a workspace that is started anew may for a while have twice as many. What they cost is
 * bounded by budgets, not here.
 *
 * @module
 */

/** Of one workspace, and of one spender in it, so that nobody keeps the others waiting. */
export const MAX_SUMMARIES = 8;
export const MAX_SUMMARIES_OF_SPENDER = 2;

interface Place {
  readonly spender: string;
  /** Epoch milliseconds after which it is free again, whatever became of it. */
  readonly until: number;
}

export class SummaryPlaces {
  readonly #taken = new Map<string, Place>();

  /** Whether there is one. Who has it already keeps it. */
  take(reservation: string, place: Place, now: number): boolean {
    for (const [id, { until }] of this.#taken) if (until <= now) this.#taken.delete(id);
    if (this.#taken.has(reservation)) return true;
    const ofSpender = [...this.#taken.values()].filter(({ spender }) => spender === place.spender);
    const isFull =
      this.#taken.size >= MAX_SUMMARIES || ofSpender.length >= MAX_SUMMARIES_OF_SPENDER;
    if (!isFull) this.#taken.set(reservation, place);
    return !isFull;
  }

  leave(reservation: string): void {
    this.#taken.delete(reservation);
  }
}

/**
 * Ends whatever a connection is doing, and says how that is recorded. Thrown and passed to
 * `destroy()`, since streams report an end in no other way.
 *
 * @module
 */

import type { EgressEnd, EgressOutcome } from './egress-report.ts';

export class EgressStop extends Error {
  readonly outcome: EgressOutcome;

  constructor(outcome: EgressOutcome) {
    super(`The connection was stopped: ${outcome}`);
    this.name = 'EgressStop';
    this.outcome = outcome;
  }
}

/** How something thrown is recorded; `otherwise` where it is no {@link EgressStop}. */
export function outcomeOf(thrown: unknown, otherwise: EgressEnd): EgressOutcome {
  return thrown instanceof EgressStop ? thrown.outcome : otherwise;
}

/**
 * One evaluation of a schema on a value: where it is, what it found, and what it may still spend.
 *
 * Each step costs *work*, in units of roughly 50 ns, counted by the size of what is looked at. When
 * the work is used up the evaluation ends, and the value counts as one that does not match.
 *
 * @module
 */

import type { Place } from './place.ts';

export interface SchemaViolation {
  /** JSON pointer into the value, only as far as the schema declares names. */
  readonly pointer: string;
  /** What must hold there. Says nothing of the value but its place. */
  readonly detail: string;
}

/** Work of one evaluation: below 50 ms. The largest accepted value needs a tenth of it. */
const MAX_WORK = 500_000;

/** Most violations that are reported at once. */
export const MAX_VIOLATIONS = 16;

/** Thrown to leave an evaluation that has used up its work; caught by `validate-value.ts`. */
export class OutOfWork extends Error {}

export class Evaluation {
  readonly violations: SchemaViolation[] = [];
  #workLeft = MAX_WORK;
  #muted = 0;

  /** Whether somebody wants to know of every violation, not only whether there is one. */
  get isReporting(): boolean {
    return this.#muted === 0 && this.violations.length < MAX_VIOLATIONS;
  }

  spend(work: number): void {
    this.#workLeft -= work;
    if (this.#workLeft < 0) throw new OutOfWork();
  }

  /** Notes a violation. Always false, so that an assertion can end with it. */
  report(place: Place, detail: string): false {
    if (this.isReporting) this.violations.push({ pointer: place.toPointer(), detail });
    return false;
  }

  /** Asks a question whose "no" is not a violation by itself, as within `anyOf` and `not`. */
  muted<Answer>(question: () => Answer): Answer {
    this.#muted += 1;
    const answer = question();
    this.#muted -= 1;
    return answer;
  }
}

/** Which members and items of one value have been looked at by some schema that accepts it. */
export class Marks {
  readonly names = new Set<string>();
  readonly items = new Set<number>();

  add(other: Marks): void {
    for (const name of other.names) this.names.add(name);
    for (const item of other.items) this.items.add(item);
  }
}

/** What an assertion is told beside the value. */
export interface Context {
  readonly evaluation: Evaluation;
  readonly place: Place;
  /** Kept only where `unevaluatedProperties` or `unevaluatedItems` will ask. */
  readonly marks: Marks | undefined;
}

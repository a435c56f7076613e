/**
 * A place in a value, kept as a chain of steps and spelled out only when something is said of it.
 *
 * Its pointer ends where the schema's own names end: the name of an undeclared member was written
 * by whoever wrote the value, and goes into no message and no record.
 *
 * @module
 */

import { toPointer } from '../../primitives/json.ts';

export class Place {
  readonly #parent: Place | undefined;
  readonly #step: string | number;
  readonly #isSealed: boolean;

  private constructor(parent: Place | undefined, step: string | number, isSealed: boolean) {
    this.#parent = parent;
    this.#step = step;
    this.#isSealed = isSealed;
  }

  /** The whole value. */
  static readonly ROOT = new Place(undefined, '', false);

  /** A declared member, or an item. */
  at(step: string | number): Place {
    return this.#isSealed ? this : new Place(this, step, false);
  }

  /** An undeclared member, and all below it: they share the pointer of their object. */
  sealed(): Place {
    return this.#isSealed ? this : new Place(this.#parent, this.#step, true);
  }

  /** JSON pointer (RFC 6901). */
  toPointer(): string {
    return this.#parent === undefined ? '' : toPointer(this.#parent.toPointer(), this.#step);
  }
}

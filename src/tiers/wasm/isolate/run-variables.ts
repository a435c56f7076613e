/**
 * The variables of one run. They live no longer than the call, since every call has a fresh
 * instance.
 *
 * @module
 */

import { GuestStop } from './guest-stop.ts';

/** Most bytes of all variables of a run together, names included. */
export const MAX_VARIABLE_BYTES = 1_048_576;

/** What each variable takes besides its name and value, so that empty ones come to an end. */
const VARIABLE_OVERHEAD = 64;

export class RunVariables {
  readonly #values = new Map<string, Uint8Array>();
  #bytesLeft = MAX_VARIABLE_BYTES;

  get(name: string): Uint8Array | undefined {
    return this.#values.get(name);
  }

  /**
   * Keeps the array that it is given; `undefined` removes.
   *
   * @throws GuestStop `memory` beyond {@link MAX_VARIABLE_BYTES}.
   */
  set(name: string, value: Uint8Array | undefined): void {
    this.#bytesLeft += this.#sizeOf(name, this.#values.get(name));
    this.#values.delete(name);
    this.#bytesLeft -= this.#sizeOf(name, value);
    if (this.#bytesLeft < 0) throw new GuestStop('memory');
    if (value !== undefined) this.#values.set(name, value);
  }

  #sizeOf(name: string, value: Uint8Array | undefined): number {
    return value === undefined ? 0 : VARIABLE_OVERHEAD + name.length + value.length;
  }
}

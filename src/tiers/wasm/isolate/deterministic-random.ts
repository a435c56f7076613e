/**
 * The random numbers of a plugin that was granted none: always the same ones.
 *
 * Language runtimes ask for a seed at start and fail without one. This one tells them nothing,
 * and makes a run repeatable. Never for anything that must be secret.
 *
 * @module
 */

/** Fills arrays with one endless stream of bytes (mulberry32 from seed 0). */
export function createDeterministicRandom(): (bytes: Uint8Array) => void {
  let state = 0;
  return (bytes) => {
    for (let index = 0; index < bytes.length; index++) {
      state = (state + 0x6d2b79f5) | 0;
      let mixed = Math.imul(state ^ (state >>> 15), state | 1);
      mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
      bytes[index] = mixed ^ (mixed >>> 14);
    }
  };
}

/**
 * Chance that can be repeated: the same seed gives the same choices everywhere.
 */

export interface Random {
  /** An integer from 0 to below `count`. */
  below(count: number): number;
  /** True so many times out of a hundred. */
  percent(chance: number): boolean;
  pick<T>(items: readonly T[]): T;
}

/** Mulberry32: small, and good enough to break and to build things evenly. */
export function createRandom(seed: number): Random {
  let state = seed | 0;
  const below = (count: number) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % count;
  };
  return {
    below,
    percent: (chance) => below(100) < chance,
    pick(items) {
      const item = items[below(items.length)];
      if (item === undefined) throw new Error('Cannot pick: the list must not be empty');
      return item;
    },
  };
}

/**
 * How much may wait for its turn. What comes beyond it is told to come back later and is not stored: the
 * bounds are what one object can hold, and no channel keeps the others from a small share.
 *
 * @module
 */

/** What waits: how many updates, and how many bytes they are on disk. */
export interface InboxLoad {
  readonly updates: number;
  readonly bytes: number;
}

export const EMPTY_LOAD: InboxLoad = { updates: 0, bytes: 0 };

/** Most that waits of one channel: turns for some minutes, or fewer updates that are long. */
export const MAX_OF_CHANNEL: InboxLoad = { updates: 50_000, bytes: 67_108_864 };

/** Most that waits of all channels: memory knows number and session of each. */
export const MAX_OF_ALL: InboxLoad = { updates: 100_000, bytes: 268_435_456 };

/** So much of a channel may wait however full the others are. */
export const ALWAYS_OF_CHANNEL: InboxLoad = { updates: 500, bytes: 4_194_304 };

/**
 * Whether a channel may take so many more in, where this waits of it and of all together. Bytes are known
 * once they are stored, so the last webhook may go beyond that bound.
 */
export function mayWait(more: number, own: InboxLoad, all: InboxLoad): boolean {
  const isFree = (load: InboxLoad, most: InboxLoad) =>
    load.updates + more <= most.updates && load.bytes < most.bytes;
  if (isFree(own, ALWAYS_OF_CHANNEL)) return true;
  return isFree(own, MAX_OF_CHANNEL) && isFree(all, MAX_OF_ALL);
}

export function addLoad(a: InboxLoad, b: InboxLoad): InboxLoad {
  return { updates: a.updates + b.updates, bytes: a.bytes + b.bytes };
}

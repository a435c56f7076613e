/**
 * Does the same with many things, some at a time, for as long as somebody waits.
 *
 * @module
 */

/** A wait that can be given up. */
export interface Timeout {
  readonly promise: Promise<void>;
  readonly clear: () => void;
}

export function timeout(ms: number): Timeout {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, ms);
  return { promise, clear: () => clearTimeout(timer) };
}

/** Waits for it, but no longer than so many milliseconds. Rejects as it does. */
export async function atMost(ms: number, awaited: Promise<void> | undefined): Promise<void> {
  const isOver = timeout(ms);
  await Promise.race([awaited, isOver.promise]).finally(isOver.clear);
}

export interface Manner<Item> {
  /** Most at the same time. */
  readonly parallel: number;
  /** Must not reject. */
  readonly perform: (item: Item) => Promise<void>;
}

/** Resolves when it is done with all of them. Begins none once `items`, which it empties, is empty. */
export async function inParallel<Item>(
  items: Item[],
  { parallel, perform }: Manner<Item>,
): Promise<void> {
  const performNext = async (): Promise<void> => {
    for (let next = items.shift(); next !== undefined; next = items.shift()) await perform(next);
  };
  await Promise.all(Array.from({ length: parallel }, performNext));
}

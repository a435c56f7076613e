/**
 * A page of a long list, with where the next one begins.
 *
 * @module
 */

/**
 * Of what was read behind `after`, one more than `limit`, so that it is known whether there is more.
 * `next` is the key of the last one shown, absent at the end.
 */
export function toPage<T, Key extends string | number>(
  read: readonly T[],
  limit: number,
  keyOf: (one: T) => Key,
): { readonly shown: readonly T[]; readonly next?: Key } {
  const shown = read.slice(0, limit);
  const last = shown.at(-1);
  if (read.length <= limit || last === undefined) return { shown };
  return { shown, next: keyOf(last) };
}

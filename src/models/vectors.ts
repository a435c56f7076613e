/**
 * What providers send as vectors. They are not trusted to count.
 *
 * @module
 */

/** More places than any vendor's vectors have. */
export const MAX_DIMENSIONS = 8_192;

export type Vectors = readonly (readonly number[])[];

/** One for each text, all of the same size, and of numbers. */
export function areVectors(value: unknown, count: number): value is Vectors {
  if (!Array.isArray(value) || value.length !== count) return false;
  const [first]: unknown[] = value;
  if (!Array.isArray(first) || first.length === 0 || first.length > MAX_DIMENSIONS) return false;
  return value.every(
    (vector: unknown) =>
      Array.isArray(vector) &&
      vector.length === first.length &&
      vector.every((place) => Number.isFinite(place)),
  );
}

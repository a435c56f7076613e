/**
 * A vector as it is kept: one signed byte a place, scaled to the largest, since only its direction counts.
 *
 * @module
 */

/** Most places of a vector that is kept. */
export const MAX_PLACES = 4_096;

const LARGEST = 127;

/** Nothing for what has no direction, or cannot be one: too many places, or a number that is none. */
export function packVector(vector: readonly number[]): Uint8Array | undefined {
  if (vector.length === 0 || vector.length > MAX_PLACES) return undefined;
  if (!vector.every((value) => Number.isFinite(value))) return undefined;
  const largest = vector.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  if (largest === 0) return undefined;
  const packed = Int8Array.from(vector, (value) => Math.round((value / largest) * LARGEST));
  return new Uint8Array(packed.buffer);
}

/** The cosine of the angle between two, from -1 to 1; 0 for vectors of different spaces. */
export function similarity(a: Uint8Array, b: Uint8Array): number {
  if (a.length !== b.length) return 0;
  const [x, y] = [toSigned(a), toSigned(b)];
  let dot = 0;
  let ofX = 0;
  let ofY = 0;
  for (let at = 0; at < x.length; at++) {
    const [p, q] = [x[at] ?? 0, y[at] ?? 0];
    dot += p * q;
    ofX += p * p;
    ofY += q * q;
  }
  return ofX === 0 || ofY === 0 ? 0 : dot / Math.sqrt(ofX * ofY);
}

function toSigned({ buffer, byteOffset, length }: Uint8Array): Int8Array {
  return new Int8Array(buffer, byteOffset, length);
}

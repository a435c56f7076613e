/**
 * How small and how large a memory or a table may be ("limits" in the specification).
 *
 * @module
 */

import type { ByteReader } from './byte-reader.ts';
import { rejectFeature } from './unsupported.ts';
import { hex, reject } from './wasm-rejection.ts';

/** In pages for a memory, in elements for a table. */
export interface SizeRange {
  readonly min: number;
  readonly max: number;
}

/** What has a size. */
export type Sized = 'memory' | 'table';

/** Four gigabytes: no memory may be declared larger, wherever it is clamped to. */
const MAX_DECLARED_PAGES = 65_536;

const HAS_MAXIMUM = 0x01;
const SHARED = 0x02;
const SIXTY_FOUR_BITS = 0x04;

/** Reads a size range and clamps its maximum to `cap`, which also stands in for a missing one. */
export function readSizeRange(reader: ByteReader, what: Sized, cap: number): SizeRange {
  const offset = reader.position;
  const flags = reader.u8();
  if (flags > (HAS_MAXIMUM | SHARED | SIXTY_FOUR_BITS))
    reject(`size flags ${hex(flags)} of the ${what} must be known ones`, offset);
  if (flags & SIXTY_FOUR_BITS) rejectFeature('memory64', `${what} with 64-bit sizes`, offset);
  if (flags & SHARED) rejectFeature('threads', `shared ${what}`, offset);

  const min = reader.u32();
  const declaredMax = flags & HAS_MAXIMUM ? reader.u32() : cap;
  if (what === 'memory' && declaredMax > MAX_DECLARED_PAGES)
    reject(`maximum ${declaredMax} of the memory must be at most ${MAX_DECLARED_PAGES}`, offset);
  if (min > cap) reject(`minimum ${min} of the ${what} must be at most ${cap}`, offset);
  if (min > declaredMax)
    reject(`minimum ${min} of the ${what} must not exceed its maximum`, offset);
  return { min, max: Math.min(declaredMax, cap) };
}

/**
 * What WASI preview 1 hands over in the plugin's memory: lists of buffers, and numbers by pointer.
 *
 * @module
 */

import type { Guest } from './guest.ts';

/** `errno` of WASI preview 1. */
export const ERRNO = {
  success: 0,
  badf: 8,
  inval: 28,
  notdir: 54,
  notsock: 57,
  spipe: 70,
  notcapable: 76,
} as const;

/** A function of preview 1: numbers in, `errno` out. */
export type WasiFunction = (...args: never[]) => number;

/** Most buffers in one `fd_read` or `fd_write`. */
const MAX_VECTORS = 1_024;

/** Fuel for each item of a list, which the host reads one by one. */
export const ITEM_FUEL = 100;

export interface VectorList {
  readonly pointer: number;
  readonly count: number;
}

/** The buffers of a list, in order; `undefined` if there are too many. */
export function readVectors(
  guest: Guest,
  { pointer, count }: VectorList,
): readonly Uint8Array[] | undefined {
  const buffers = count >>> 0;
  if (buffers > MAX_VECTORS) return undefined;
  guest.charge(buffers * ITEM_FUEL);
  const view = guest.view(pointer, buffers * 8);
  return Array.from({ length: buffers }, (_, index) =>
    guest.bytes(view.getUint32(index * 8, true), view.getUint32(index * 8 + 4, true)),
  );
}

export function writeU32(guest: Guest, pointer: number, value: number): void {
  guest.view(pointer, 4).setUint32(0, value, true);
}

export function writeU64(guest: Guest, pointer: number, value: bigint): void {
  guest.view(pointer, 8).setBigUint64(0, value, true);
}

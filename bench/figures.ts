/**
 * Figures as benchmarks print them.
 *
 * @module
 */

import type { LoadResult } from './load.ts';

export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

/** Rounded to so many decimals. */
export function digits(value: number, decimals = 2): number {
  return Math.round(value * 10 ** decimals) / 10 ** decimals;
}

export function roundLoad({ perSecond, p50Ms, p99Ms, failed }: LoadResult): LoadResult {
  return { perSecond: digits(perSecond), p50Ms: digits(p50Ms), p99Ms: digits(p99Ms), failed };
}

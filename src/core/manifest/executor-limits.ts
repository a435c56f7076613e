/**
 * Bounds of one call, or of one server that is kept warm, on an executor. The executor's own
 * policy may be narrower, and the narrower wins.
 *
 * @module
 */

import * as z from 'zod';

/** A `type`, so that it is a `JsonObject`. */
export type ExecutorLimits = {
  /** Wall-clock milliseconds of one call, start-up included. */
  readonly timeoutMs: number;
  readonly cpuMs: number;
  readonly memoryBytes: number;
  /** Processes and threads at once. */
  readonly processes: number;
  /** Largest single file that is written, and all that is written to scratch space together. */
  readonly fileBytes: number;
  readonly diskBytes: number;
  readonly openFiles: number;
  /** Of a call's answer; what is more is cut off. */
  readonly outputBytes: number;
};

const MIB = 1_048_576;

export const DEFAULT_EXECUTOR_LIMITS: ExecutorLimits = {
  timeoutMs: 30_000,
  cpuMs: 30_000,
  memoryBytes: 512 * MIB,
  processes: 64,
  fileBytes: 64 * MIB,
  diskBytes: 64 * MIB,
  openFiles: 256,
  outputBytes: MIB,
};

/** Least and most that a manifest may ask for. */
export const EXECUTOR_LIMIT_BOUNDS = {
  timeoutMs: [100, 600_000],
  cpuMs: [100, 600_000],
  memoryBytes: [16 * MIB, 8_192 * MIB],
  processes: [1, 512],
  fileBytes: [0, 1_024 * MIB],
  diskBytes: [0, 1_024 * MIB],
  openFiles: [16, 4_096],
  outputBytes: [1, MIB],
} as const satisfies Record<keyof ExecutorLimits, readonly [number, number]>;

const bounded = (key: keyof ExecutorLimits) =>
  z.int().min(EXECUTOR_LIMIT_BOUNDS[key][0]).max(EXECUTOR_LIMIT_BOUNDS[key][1]);

const shape = {
  timeoutMs: bounded('timeoutMs'),
  cpuMs: bounded('cpuMs'),
  memoryBytes: bounded('memoryBytes'),
  processes: bounded('processes'),
  fileBytes: bounded('fileBytes'),
  diskBytes: bounded('diskBytes'),
  openFiles: bounded('openFiles'),
  outputBytes: bounded('outputBytes'),
} as const satisfies Record<keyof ExecutorLimits, z.ZodType>;

export const executorLimitsSchema: z.ZodType<ExecutorLimits> = z.strictObject(shape);

/** As a manifest writes them: each may be left out. */
export const executorLimitWishesSchema = z.strictObject({
  timeoutMs: shape.timeoutMs.exactOptional(),
  cpuMs: shape.cpuMs.exactOptional(),
  memoryBytes: shape.memoryBytes.exactOptional(),
  processes: shape.processes.exactOptional(),
  fileBytes: shape.fileBytes.exactOptional(),
  diskBytes: shape.diskBytes.exactOptional(),
  openFiles: shape.openFiles.exactOptional(),
  outputBytes: shape.outputBytes.exactOptional(),
});

/** The narrower of two, bound by bound. */
export function narrowerLimits(
  asked: ExecutorLimits,
  ceiling: Partial<ExecutorLimits>,
): ExecutorLimits {
  const keys = Object.keys(EXECUTOR_LIMIT_BOUNDS) as (keyof ExecutorLimits)[];
  const narrowed = keys.map((key) => [key, Math.min(asked[key], ceiling[key] ?? asked[key])]);
  return { ...asked, ...Object.fromEntries(narrowed) };
}

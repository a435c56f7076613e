/**
 * What a module may ask for: the part of hardening that differs between workspaces.
 *
 * Whatever an engine needs protection from, whoever the owner is, is fixed in
 * `structure-limits.ts` instead. What a policy does not allow is refused.
 *
 * @module
 */

import { hostFunctionType } from './host-functions.ts';

/**
 * Whether a module may import this function under this type, as `(i64)->(i64)`. All three come from
 * the module: trust none.
 */
export type ImportPolicy = (moduleName: string, functionName: string, type: string) => boolean;

export interface HardeningPolicy {
  /** Largest upload, in bytes. */
  readonly maxModuleBytes: number;
  /** Largest memory, in pages of 64 KiB; at most those of {@link HIGHEST_LIMITS}. */
  readonly maxMemoryPages: number;
  /** Largest table, and all tables of a new instance together, in elements. */
  readonly maxTableElements: number;
  readonly allowsImport: ImportPolicy;
  /**
   * Units of code that one unit of fuel pays for; 1 unless stated. Rounded up at each charge, so
   * that no loop is free. More is only for code of ours, such as an interpreter: it is charged for
   * whole arms of which it runs a few instructions. What is charged by length is not touched.
   */
  readonly unitsPerFuel?: number;
}

/** The most units that one unit of fuel may pay for. */
export const MAX_UNITS_PER_FUEL = 64;

/** The most that any policy may allow. */
export const HIGHEST_LIMITS = {
  maxModuleBytes: 16 * 1024 * 1024,
  /** 64 MiB: half of an isolate. */
  maxMemoryPages: 1024,
  maxTableElements: 100_000,
} as const;

/** 8 MiB of code, 16 MiB of memory, and the host functions of the Wasm tier. */
export const DEFAULT_HARDENING_POLICY: HardeningPolicy = {
  maxModuleBytes: 8 * 1024 * 1024,
  maxMemoryPages: 256,
  maxTableElements: 10_000,
  allowsImport: (module, name, type) => hostFunctionType(module, name) === type,
};

/**
 * Refuses a policy that no module could be measured against; `NaN`, say, would allow everything.
 *
 * @throws RangeError since a policy is written by us or by an operator, never by a plugin.
 */
export function assertUsable(policy: HardeningPolicy): void {
  for (const [field, most] of Object.entries(HIGHEST_LIMITS)) {
    assertCount(field, policy[field as keyof typeof HIGHEST_LIMITS], most);
  }
  const { unitsPerFuel = 1 } = policy;
  assertCount('unitsPerFuel', unitsPerFuel, MAX_UNITS_PER_FUEL);
  if (unitsPerFuel === 0)
    throw new RangeError('Cannot use hardening policy: unitsPerFuel must be at least 1');
}

function assertCount(field: string, value: number, most: number): void {
  if (Number.isInteger(value) && value >= 0 && value <= most) return;
  throw new RangeError(
    `Cannot use hardening policy: ${field} ${value} must be an integer from 0 to ${most}`,
  );
}

/**
 * What a module may ask for: the part of hardening that differs between workspaces.
 *
 * Whatever an engine needs protection from, whoever the owner is, is fixed in
 * `structure-limits.ts` instead. What a policy does not allow is refused.
 *
 * @module
 */

import { isHostFunction } from './host-functions.ts';

/** Whether a module may import this function. Both names come from the module: trust neither. */
export type ImportPolicy = (moduleName: string, functionName: string) => boolean;

export interface HardeningPolicy {
  /** Largest upload, in bytes. */
  readonly maxModuleBytes: number;
  /** Largest memory, in pages of 64 KiB; at most those of {@link HIGHEST_LIMITS}. */
  readonly maxMemoryPages: number;
  /** Largest table, in elements. */
  readonly maxTableElements: number;
  readonly allowsImport: ImportPolicy;
}

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
  allowsImport: isHostFunction,
};

/**
 * Refuses a policy that no module could be measured against; `NaN`, say, would allow everything.
 *
 * @throws RangeError since a policy is written by us or by an operator, never by a plugin.
 */
export function assertUsable(policy: HardeningPolicy): void {
  for (const [field, most] of Object.entries(HIGHEST_LIMITS)) {
    const value = policy[field as keyof typeof HIGHEST_LIMITS];
    if (Number.isInteger(value) && value >= 0 && value <= most) continue;
    throw new RangeError(
      `Cannot use hardening policy: ${field} ${value} must be an integer from 0 to ${most}`,
    );
  }
}

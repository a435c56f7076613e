/**
 * Makes an untrusted WebAssembly module safe to run: refuses what is not understood, takes fuel
 * for all that it does, and bounds how much memory it can hold.
 *
 * Contract with the caller, in this order:
 *
 * 1. `WebAssembly.validate` the upload. Hardening is no validator, and by appending exports it
 *    could even make an invalid module valid.
 * 2. {@link hardenModule}.
 * 3. `WebAssembly.validate` the output. It always holds; a failure is a defect of ours.
 * 4. Keep the output under the hash of the upload, {@link HARDENING_VERSION} and the policy.
 * 5. For each run make a new instance, set the global `FUEL_EXPORT`, call `START_EXPORT` if it is
 *    there, then the plugin's function. Drop the instance after a trap. Host functions must take
 *    fuel for their own work: while they run, nothing is counted here.
 *
 * The output has the same results and traps as the upload for as long as fuel lasts, except that
 * memory and tables grow no further than the policy says.
 *
 * @module
 */

import { err, ok, type Result } from '../core/primitives/result.ts';
import type { AppendedIndices } from './appended-functions.ts';
import type { ModuleExport } from './exports.ts';
import { assertUsable, type HardeningPolicy } from './hardening-policy.ts';
import type { ModuleImport } from './imports.ts';
import { meterCode } from './meter.ts';
import { type ModuleShape, readModuleShape } from './module-shape.ts';
import { readSections, SECTION } from './sections.ts';
import type { DataRange } from './segments.ts';
import type { SizeRange } from './size-range.ts';
import { MAX_GROWTH } from './structure-limits.ts';
import { RejectedModule, reject, type WasmRejection } from './wasm-rejection.ts';
import { writeModule } from './write-module.ts';

/** Part of every cache key. Raise it whenever the same upload and policy give other bytes, or none any more. */
export const HARDENING_VERSION = 5;

export interface HardenedModule {
  /** A new array; it shares nothing with the upload. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Functions that the host must provide, in the order of the upload. */
  readonly imports: readonly ModuleImport[];
  /** The module's own exports, without those that hardening adds. */
  readonly exports: readonly ModuleExport[];
  /** Pages of 64 KiB; both 0 when the module has no memory. */
  readonly memoryPages: SizeRange;
  /** In elements, their maximum clamped. */
  readonly tables: readonly SizeRange[];
  /** Functions whose bodies the module holds. */
  readonly functionCount: number;
  /** Places in the code where fuel is taken. */
  readonly chargeCount: number;
  /** What compiling it costs at most, in units of `compile-cost.ts`. */
  readonly compileUnits: number;
  /** The module's data segments, as places in the upload. */
  readonly data: readonly DataRange[];
  /** Names of the custom sections, which were dropped. */
  readonly customSections: readonly string[];
}

/**
 * Hardens one upload. Deterministic, and linear in the size of the upload.
 *
 * @throws RangeError if the policy is not usable.
 */
export function hardenModule(
  bytes: Uint8Array,
  policy: HardeningPolicy,
): Result<HardenedModule, WasmRejection> {
  assertUsable(policy);
  try {
    return ok(rewrite(bytes, policy));
  } catch (thrown) {
    if (thrown instanceof RejectedModule) return err(thrown.rejection);
    throw thrown;
  }
}

function rewrite(bytes: Uint8Array, policy: HardeningPolicy): HardenedModule {
  if (bytes.length > policy.maxModuleBytes)
    reject(`${bytes.length} bytes must be at most ${policy.maxModuleBytes}`);
  const sections = readSections(bytes);
  const shape = readModuleShape(sections, policy);
  const appended = appendedIndices(shape);
  const maxBytes = policy.maxModuleBytes * MAX_GROWTH;
  const { unitsPerFuel = 1 } = policy;
  const metering = { shape, appended, maxBytes, unitsPerFuel };
  const metered = meterCode(sections.open(SECTION.code), metering);
  return {
    bytes: writeModule({ sections, shape, appended, code: metered }),
    imports: shape.imports,
    exports: shape.exports,
    memoryPages: shape.memory ?? { min: 0, max: 0 },
    tables: shape.tables.map(({ size }) => size),
    functionCount: shape.functions.length - shape.imports.length,
    chargeCount: metered.chargeCount,
    compileUnits: metered.compileUnits,
    data: shape.data,
    customSections: sections.customNames,
  };
}

/** What is appended comes behind everything that the module can name. */
function appendedIndices(shape: ModuleShape): AppendedIndices {
  return {
    fuelGlobal: shape.globalCount,
    growRefusedGlobal: shape.memory === undefined ? undefined : shape.globalCount + 1,
    firstHelper: shape.functions.length,
    helperType: shape.types.length,
  };
}

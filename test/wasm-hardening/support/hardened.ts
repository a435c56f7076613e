/**
 * Hardens fixtures and runs them in the engine of the test, as the Wasm tier does.
 */

import { type HardenedModule, hardenModule } from '../../../src/wasm-hardening/harden.ts';
import {
  DEFAULT_HARDENING_POLICY,
  type HardeningPolicy,
} from '../../../src/wasm-hardening/hardening-policy.ts';
import { FUEL_EXPORT } from '../../../src/wasm-hardening/reserved-exports.ts';
import type { WasmRejection } from '../../../src/wasm-hardening/wasm-rejection.ts';
import { assemble } from './wat.ts';

/** The default policy, but with every import allowed. */
export const OPEN_POLICY: HardeningPolicy = {
  ...DEFAULT_HARDENING_POLICY,
  allowsImport: () => true,
};

/** Hardens a module that must be accepted; fails the test loudly if it is not. */
export function harden(
  source: string | Uint8Array,
  policy: HardeningPolicy = OPEN_POLICY,
): HardenedModule {
  const hardened = hardenModule(typeof source === 'string' ? assemble(source) : source, policy);
  if (!hardened.ok) throw new Error(hardened.error.message);
  return hardened.value;
}

/** Hardens a module that must be refused. */
export function rejection(
  source: string | Uint8Array,
  policy: HardeningPolicy = OPEN_POLICY,
): WasmRejection {
  const hardened = hardenModule(typeof source === 'string' ? assemble(source) : source, policy);
  if (hardened.ok) throw new Error('the module was accepted');
  return hardened.error;
}

/** Enough for every fixture that is meant to end. */
const AMPLE_FUEL = 1_000_000_000n;

type HostFunctions = Record<string, Record<string, (...values: never[]) => unknown>>;

export interface Run {
  /** What the call returned, or the kind and text of what it threw. */
  readonly outcome: { readonly value: unknown } | { readonly trap: string };
  readonly fuelUsed: bigint;
  readonly exhausted: boolean;
}

export class HardenedInstance {
  private readonly exports: WebAssembly.Exports;

  constructor(module: HardenedModule, host: HostFunctions = {}) {
    this.exports = instantiate(module.bytes, host);
  }

  get fuel(): bigint {
    return this.fuelGlobal.value;
  }

  call(name: string, values: readonly unknown[] = [], fuel = AMPLE_FUEL): Run {
    this.fuelGlobal.value = fuel;
    const outcome = callExport(this.exports, name, values);
    return { outcome, fuelUsed: fuel - this.fuel, exhausted: this.fuel < 0n };
  }

  get(name: string): WebAssembly.ExportValue | undefined {
    return this.exports[name];
  }

  private get fuelGlobal(): WebAssembly.Global<'i64'> {
    return this.exports[FUEL_EXPORT] as WebAssembly.Global<'i64'>;
  }
}

export function instantiate(
  bytes: Uint8Array<ArrayBuffer>,
  host: HostFunctions = {},
): WebAssembly.Exports {
  return new WebAssembly.Instance(new WebAssembly.Module(bytes), host as WebAssembly.Imports)
    .exports;
}

/** Calls an exported function; a trap is an outcome, anything else that is thrown is not. */
export function callExport(
  exports: WebAssembly.Exports,
  name: string,
  values: readonly unknown[] = [],
): Run['outcome'] {
  try {
    return { value: (exports[name] as (...values: readonly unknown[]) => unknown)(...values) };
  } catch (thrown) {
    // Where the stack overflows depends on the size of frames, that it does must be the same.
    if (thrown instanceof RangeError) return { trap: 'stack overflow' };
    if (thrown instanceof WebAssembly.RuntimeError) return { trap: thrown.message };
    throw thrown;
  }
}

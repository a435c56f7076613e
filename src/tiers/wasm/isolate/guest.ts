/**
 * One run of one plugin: its memory, its kernel and the fuel that both have left.
 *
 * @module
 */

import {
  FUEL_EXPORT,
  type GROW_REFUSED_EXPORT,
  MEMORY_EXPORT,
} from '../../../wasm-hardening/reserved-exports.ts';
import { GuestStop } from './guest-stop.ts';
import { type Kernel, readBlock, viewOf, writeBlock } from './kernel.ts';

/** Fuel that any host call costs, for crossing over. */
export const HOST_CALL_FUEL = 2_000;

/** What hardening has added to a plugin's exports. Nothing is known of the others. */
export interface HardenedExports {
  readonly [FUEL_EXPORT]?: WebAssembly.Global;
  readonly [GROW_REFUSED_EXPORT]?: WebAssembly.Global;
  readonly [MEMORY_EXPORT]?: WebAssembly.Memory;
}

/** What there is to know of a run, whichever host functions it has. */
export interface GuestState {
  readonly kernel: Kernel;
  /** Fuel at the start, for plugin and kernel each. */
  readonly fuelLimit: number;
  readonly suspendedMs: number;
  /** Empty until there is an instance of it: that needs its imports, and they need a guest. */
  plugin: HardenedExports;
}

/** What host functions do with it. */
export class Guest implements GuestState {
  readonly kernel: Kernel;
  readonly fuelLimit: number;
  suspendedMs = 0;
  plugin: HardenedExports = {};

  constructor(kernel: Kernel, fuelLimit: number) {
    this.kernel = kernel;
    this.fuelLimit = fuelLimit;
  }

  /** Takes fuel for work that the host does for the plugin. */
  charge(units: number): void {
    const fuel = this.plugin[FUEL_EXPORT] as WebAssembly.Global;
    fuel.value -= BigInt(units);
    if (fuel.value < 0n) throw new GuestStop('fuel');
  }

  /** Counts the time until the host has answered. Fuel does not run meanwhile. */
  async wait<Answer>(answer: Promise<Answer>): Promise<Answer> {
    const startedAt = Date.now();
    try {
      return await answer;
    } finally {
      this.suspendedMs += Date.now() - startedAt;
    }
  }

  /** A view into the plugin's memory, valid until the plugin runs again. */
  bytes(pointer: number, length: number): Uint8Array {
    return bytesOf(this, pointer, length);
  }

  /** The same for setting and getting numbers. */
  view(pointer: number, length: number): DataView {
    const bytes = this.bytes(pointer, length);
    return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** The data of a kernel block, to be read before the plugin runs again. */
  readBlock(handle: bigint): Uint8Array {
    return readBlock(this.kernel, handle);
  }

  /** A new kernel block with a copy of these bytes; handle 0 for none. */
  writeBlock(bytes: Uint8Array): bigint {
    return writeBlock(this.kernel, bytes);
  }
}

/** With the fuel that it may use. */
export function attach(state: GuestState, { exports }: WebAssembly.Instance): WebAssembly.Exports {
  state.plugin = exports as HardenedExports;
  (exports[FUEL_EXPORT] as WebAssembly.Global).value = BigInt(state.fuelLimit);
  return exports;
}

/** @throws GuestStop `trap` for what does not lie in the plugin's memory. */
export function bytesOf({ plugin }: GuestState, pointer: number, length: number): Uint8Array {
  const memory = plugin[MEMORY_EXPORT];
  if (memory === undefined) throw new GuestStop('trap');
  return viewOf(memory, pointer >>> 0, length >>> 0);
}

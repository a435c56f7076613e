/**
 * One run of one plugin: its memory, its kernel and the fuel that both have left.
 *
 * Whatever a plugin hands over is a number that may point anywhere, so every access is checked
 * here against the memory as it is at that moment.
 *
 * @module
 */

import {
  FUEL_EXPORT,
  type GROW_REFUSED_EXPORT,
  MEMORY_EXPORT,
} from '../../../wasm-hardening/reserved-exports.ts';
import { GuestStop } from './guest-stop.ts';

/** Fuel that any host call costs, for crossing over. */
export const HOST_CALL_FUEL = 2_000;

/** The exports of `kernel.wat` that the host uses itself. */
export interface Kernel {
  readonly memory: WebAssembly.Memory;
  readonly [FUEL_EXPORT]: WebAssembly.Global;
  alloc(length: bigint): bigint;
  free(handle: bigint): void;
  length(handle: bigint): bigint;
  input_set(offset: bigint, length: bigint): void;
  output_set(offset: bigint, length: bigint): void;
  readonly output: WebAssembly.Global;
  readonly output_length: WebAssembly.Global;
  /** Handle of what the plugin set as its error, or 0. */
  readonly error: WebAssembly.Global;
  /** 1 if the last `alloc` found no room. */
  readonly alloc_refused: WebAssembly.Global;
}

/** What hardening has added to a plugin's exports. Nothing is known of the others. */
export interface HardenedExports {
  readonly [FUEL_EXPORT]?: WebAssembly.Global;
  readonly [GROW_REFUSED_EXPORT]?: WebAssembly.Global;
  readonly [MEMORY_EXPORT]?: WebAssembly.Memory;
}

export class Guest {
  readonly kernel: Kernel;
  /** Fuel at the start, for plugin and kernel each. */
  readonly fuelLimit: number;
  suspendedMs = 0;
  /** Empty until there is an instance of it. */
  plugin: HardenedExports = {};

  constructor(kernel: Kernel, fuelLimit: number) {
    this.kernel = kernel;
    this.fuelLimit = fuelLimit;
    kernel[FUEL_EXPORT].value = BigInt(fuelLimit);
  }

  /** Imports need a guest, and an instance needs its imports: so the instance comes later. */
  attach({ exports }: WebAssembly.Instance): WebAssembly.Exports {
    this.plugin = exports as HardenedExports;
    (exports[FUEL_EXPORT] as WebAssembly.Global).value = BigInt(this.fuelLimit);
    return exports;
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
    const memory = this.plugin[MEMORY_EXPORT];
    if (memory === undefined) throw new GuestStop('trap');
    return viewOf(memory, pointer >>> 0, length >>> 0);
  }

  /** The same for setting and getting numbers. */
  view(pointer: number, length: number): DataView {
    const bytes = this.bytes(pointer, length);
    return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** The data of a kernel block, to be read before the plugin runs again. */
  readBlock(handle: bigint): Uint8Array {
    const length = Number(this.kernel.length(handle));
    if (length === 0) return new Uint8Array(0);
    return viewOf(this.kernel.memory, Number(handle), length);
  }

  /** A new kernel block with a copy of these bytes; handle 0 for none. */
  writeBlock(bytes: Uint8Array): bigint {
    if (bytes.length === 0) return 0n;
    const handle = this.kernel.alloc(BigInt(bytes.length));
    if (handle === 0n) throw new GuestStop('memory');
    viewOf(this.kernel.memory, Number(handle), bytes.length).set(bytes);
    return handle;
  }
}

/** @throws GuestStop `trap` for what does not lie in the memory. */
export function viewOf(memory: WebAssembly.Memory, offset: number, length: number): Uint8Array {
  if (offset + length > memory.buffer.byteLength) throw new GuestStop('trap');
  return new Uint8Array(memory.buffer, offset, length);
}

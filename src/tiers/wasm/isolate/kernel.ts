/**
 * The memory kernel of one run: where input, output and the blocks lie that plugin and host hand to
 * each other.
 *
 * Whatever a plugin hands over is a number that may point anywhere, so every access is checked
 * here against the memory as it is at that moment.
 *
 * @module
 */

import { FUEL_EXPORT } from '../../../wasm-hardening/reserved-exports.ts';
import { GuestStop } from './guest-stop.ts';

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

/** A fresh one. It has fuel of its own, as much as the plugin has. */
export function startKernel(module: WebAssembly.Module, fuel: number): Kernel {
  const kernel = new WebAssembly.Instance(module).exports as unknown as Kernel;
  kernel[FUEL_EXPORT].value = BigInt(fuel);
  return kernel;
}

/** The data of a kernel block, to be read before the plugin runs again. */
export function readBlock(kernel: Kernel, handle: bigint): Uint8Array {
  const length = Number(kernel.length(handle));
  return length === 0 ? new Uint8Array(0) : viewOf(kernel.memory, Number(handle), length);
}

/**
 * A new kernel block with a copy of these bytes; handle 0 for none.
 *
 * @throws GuestStop `memory` where there is no room.
 */
export function writeBlock(kernel: Kernel, bytes: Uint8Array): bigint {
  if (bytes.length === 0) return 0n;
  const handle = kernel.alloc(BigInt(bytes.length));
  if (handle === 0n) throw new GuestStop('memory');
  viewOf(kernel.memory, Number(handle), bytes.length).set(bytes);
  return handle;
}

/** @throws GuestStop `trap` for what does not lie in the memory. */
export function viewOf(memory: WebAssembly.Memory, offset: number, length: number): Uint8Array {
  if (offset + length > memory.buffer.byteLength) throw new GuestStop('trap');
  return new Uint8Array(memory.buffer, offset, length);
}

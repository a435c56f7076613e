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
  GROW_REFUSED_EXPORT,
  MEMORY_EXPORT,
} from '../../../wasm-hardening/reserved-exports.ts';
import { GuestStop } from './guest-stop.ts';

/** Fuel that any host call costs, for crossing over. */
export const HOST_CALL_FUEL = 2_000;

const PAGE_BYTES = 65_536;

/** The exports of `kernel.wat` that the host uses itself. */
export interface Kernel {
  readonly memory: WebAssembly.Memory;
  readonly [FUEL_EXPORT]: WebAssembly.Global;
  alloc(length: bigint): bigint;
  free(handle: bigint): void;
  length(handle: bigint): bigint;
  input_set(offset: bigint, length: bigint): void;
  output_set(offset: bigint, length: bigint): void;
  output_offset(): bigint;
  output_length(): bigint;
  error_get(): bigint;
  /** 1 if the last `alloc` found no room. */
  alloc_refused(): number;
}

/** Fuel with which the host reads out of a kernel whose plugin may have used all of it. */
const READING_FUEL = 10_000n;

export class Guest {
  readonly kernel: Kernel;
  /** Fuel at the start, for plugin and kernel each. */
  readonly fuelLimit: number;
  suspendedMs = 0;
  #plugin: WebAssembly.Exports = {};

  constructor(kernel: Kernel, fuelLimit: number) {
    this.kernel = kernel;
    this.fuelLimit = fuelLimit;
    kernel[FUEL_EXPORT].value = BigInt(fuelLimit);
  }

  /** Imports need a guest, and an instance needs its imports: so the instance comes later. */
  attach(instance: WebAssembly.Instance): WebAssembly.Exports {
    this.#plugin = instance.exports;
    fuelOf(this.#plugin).value = BigInt(this.fuelLimit);
    return this.#plugin;
  }

  /** Takes fuel for work that the host does for the plugin. */
  charge(units: number): void {
    const fuel = fuelOf(this.#plugin);
    fuel.value -= BigInt(units);
    if (fuel.value < 0n) throw new GuestStop('fuel');
  }

  get ranDry(): boolean {
    const plugin = this.#plugin[FUEL_EXPORT] as WebAssembly.Global | undefined;
    return (plugin?.value ?? 0n) < 0n || this.kernel[FUEL_EXPORT].value < 0n;
  }

  get fuelUsed(): number {
    const plugin = this.#plugin[FUEL_EXPORT] as WebAssembly.Global | undefined;
    return this.#used(plugin) + this.#used(this.kernel[FUEL_EXPORT]);
  }

  get memoryPages(): number {
    return (this.#memory?.buffer.byteLength ?? 0) / PAGE_BYTES;
  }

  /**
   * Whether the last that was asked of the plugin's memory, or of its kernel's, was more than there
   * can be. Allocators trap a moment later.
   */
  get wantsMemory(): boolean {
    const refused = this.#plugin[GROW_REFUSED_EXPORT];
    const grow = refused instanceof WebAssembly.Global ? refused.value : 0;
    return grow === 1 || this.kernel.alloc_refused() === 1;
  }

  /** Lets the host read out of the kernel. For ended runs, whose cost has been read. */
  openForReading(): void {
    this.kernel[FUEL_EXPORT].value = READING_FUEL;
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
    if (this.#memory === undefined) throw new GuestStop('trap');
    return viewOf(this.#memory, pointer >>> 0, length >>> 0);
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

  giveInput(bytes: Uint8Array): void {
    this.kernel.input_set(this.writeBlock(bytes), BigInt(bytes.length));
  }

  /** For code that does not set its output itself. */
  giveOutput(bytes: Uint8Array): void {
    this.kernel.output_set(this.writeBlock(bytes), BigInt(bytes.length));
  }

  /** What the plugin set as its output. */
  readOutput(): Uint8Array {
    const length = Number(this.kernel.output_length());
    return viewOf(this.kernel.memory, Number(this.kernel.output_offset()), length);
  }

  get outputLength(): number {
    return Number(this.kernel.output_length());
  }

  get #memory(): WebAssembly.Memory | undefined {
    const memory = this.#plugin[MEMORY_EXPORT];
    return memory instanceof WebAssembly.Memory ? memory : undefined;
  }

  #used(fuel: WebAssembly.Global | undefined): number {
    if (fuel === undefined) return 0;
    return Math.min(this.fuelLimit, this.fuelLimit - Number(fuel.value));
  }
}

function fuelOf(exports: WebAssembly.Exports): WebAssembly.Global {
  return exports[FUEL_EXPORT] as WebAssembly.Global;
}

function viewOf(memory: WebAssembly.Memory, offset: number, length: number): Uint8Array {
  if (offset + length > memory.buffer.byteLength) throw new GuestStop('trap');
  return new Uint8Array(memory.buffer, offset, length);
}

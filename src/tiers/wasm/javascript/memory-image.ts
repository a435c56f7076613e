/**
 * The memory of an engine at one moment, so that a new instance can go on from there.
 *
 * An engine at rest keeps all of its state in its memory: no call is under way, so its stack is
 * empty and its stack pointer where it was at the start. Going on from an image is therefore the
 * same as doing again whatever led to it, only faster. The engine is linked with its stack below
 * everything else, so what stands there is left out.
 *
 * @module
 */

import type { EngineExports } from './engine-exports.ts';

const PAGE_BYTES = 65_536;

export class MemoryImage {
  readonly start: number;
  readonly bytes: Uint8Array;

  /** Of an engine that nothing runs in. */
  static of({ memory, __stack_pointer: stackPointer }: EngineExports): MemoryImage {
    const start = stackPointer.value;
    return new MemoryImage(start, new Uint8Array(memory.buffer, start).slice());
  }

  /** All bytes from `start` to the end of the memory. */
  constructor(start: number, bytes: Uint8Array) {
    this.start = start;
    this.bytes = bytes;
  }

  /** Fuel for writing it: work by length is charged by length. */
  get fuel(): number {
    return this.bytes.length >>> 3;
  }

  /** Writes it over the memory of an instance in which nothing has run yet. */
  restore({ memory }: EngineExports): void {
    const missing = this.start + this.bytes.length - memory.buffer.byteLength;
    if (missing > 0) memory.grow(missing / PAGE_BYTES);
    new Uint8Array(memory.buffer).set(this.bytes, this.start);
  }
}

/**
 * Bounds what a plugin's values may take of the engine's memory.
 *
 * The engine refuses what goes beyond, which the plugin sees as an error. Its pages may still come
 * to more where its allocator is left with holes: then the run has used too much all the same. No
 * instance has more pages than the engine was hardened for.
 *
 * @module
 */

import type { QuickJs } from './quickjs.ts';

const PAGE_BYTES = 65_536;

/** Pages that the engine has for itself: its stack, its tables and its code's data. */
const ENGINE_PAGES = 20;

/** One part in so many is left to the allocator. */
const ALLOCATOR_SHARE = 32;

export function limitMemory({ exports }: QuickJs, memoryPages: number): void {
  const all = Math.max(1, memoryPages - ENGINE_PAGES) * PAGE_BYTES;
  const bytes = all - Math.ceil(all / ALLOCATOR_SHARE);
  exports.qjs_set_memory_limit(bytes);
  // Cycles are looked for when they could matter, not in every short call.
  exports.qjs_set_gc_threshold(bytes >>> 2);
}

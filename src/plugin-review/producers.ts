/**
 * The custom section "producers", in which toolchains sign their work (WebAssembly tool
 * conventions). What it says is the author's word.
 *
 * @module
 */

import { ByteCursor } from './module-sections.ts';
import { toVisibleName } from './visible-name.ts';

/** Most entries that are read of the section. */
const MAX_ENTRIES = 16;

/** Names with their versions, as far as the section can be read: `Rust`, `rustc 1.90.0`. */
export function readProducers(section: Uint8Array): readonly string[] {
  const cursor = new ByteCursor(section, 0);
  const made: string[] = [];
  for (let fields = cursor.u32() ?? 0; fields > 0 && made.length < MAX_ENTRIES; fields--) {
    if (cursor.name() === undefined) break;
    for (let values = cursor.u32() ?? 0; values > 0 && made.length < MAX_ENTRIES; values--) {
      const name = cursor.name();
      const version = cursor.name();
      if (name === undefined || version === undefined) return made;
      made.push(toVisibleName(version === '' ? name : `${name} ${version}`));
    }
  }
  return made;
}

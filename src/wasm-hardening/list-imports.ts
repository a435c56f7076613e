/**
 * The names that a hardened module imports, without reading the rest of it.
 *
 * @module
 */

import { readListSection } from './read-list.ts';
import { readSections, SECTION } from './sections.ts';
import { MAX_ITEMS } from './structure-limits.ts';
import { RejectedModule } from './wasm-rejection.ts';

export interface ImportName {
  readonly module: string;
  readonly name: string;
}

/** In the order of the module; `undefined` for bytes that are no module. */
export function listImports(hardened: Uint8Array): readonly ImportName[] | undefined {
  try {
    return readNames(hardened);
  } catch (thrown) {
    if (thrown instanceof RejectedModule) return undefined;
    throw thrown;
  }
}

/** Hardening has seen to it that all of them are functions: what follows a name is kind and type. */
function readNames(hardened: Uint8Array): readonly ImportName[] {
  const names: ImportName[] = [];
  readListSection(readSections(hardened).open(SECTION.import), {
    what: 'imports',
    atMost: MAX_ITEMS.imports,
    readItem(reader) {
      names.push({ module: reader.name(), name: reader.name() });
      reader.u8();
      reader.u32();
    },
  });
  return names;
}

/**
 * What can be said of a module without running it.
 *
 * @module
 */

import type { HardenedModule } from '../wasm-hardening/harden.ts';
import type { TextSections } from './module-sections.ts';
import { readProducers } from './producers.ts';
import { toVisibleName } from './visible-name.ts';

/** Most entries of each list; the counts say how many there are. */
const MAX_LISTED = 64;

/** A `type`, so that it is a `JsonObject`. Names come from the module, made visible and cut. */
export type ModuleFacts = {
  readonly bytes: number;
  /** After hardening. */
  readonly hardenedBytes: number;
  readonly functions: number;
  /** Places where fuel is taken. */
  readonly charges: number;
  /** What compiling it costs at most: locals and operands at each control operator. */
  readonly compileUnits: number;
  /** Pages of 64 KiB, as far as the manifest's limits let it grow. */
  readonly memoryPages: Range;
  /** In elements. */
  readonly tables: readonly Range[];
  readonly imports: readonly { readonly module: string; readonly names: readonly string[] }[];
  readonly exportCount: number;
  readonly exports: readonly ExportFact[];
  /** Dropped by hardening. */
  readonly customSections: readonly string[];
  /** Languages and tools that the module says, or shows, it was made with. */
  readonly madeWith: readonly string[];
};

type Range = { readonly min: number; readonly max: number };
type ExportFact = { readonly name: string; readonly kind: string; readonly type?: string };

export function describeModule(
  upload: Uint8Array,
  module: HardenedModule,
  sections: TextSections,
): ModuleFacts {
  return {
    bytes: upload.length,
    hardenedBytes: module.bytes.length,
    functions: module.functionCount,
    charges: module.chargeCount,
    compileUnits: module.compileUnits,
    memoryPages: toRange(module.memoryPages),
    tables: module.tables.map(toRange),
    imports: groupImports(module),
    exportCount: module.exports.length,
    exports: module.exports.slice(0, MAX_LISTED).map(({ name, kind, type }) => ({
      name: toVisibleName(name),
      kind,
      ...(type !== undefined && { type }),
    })),
    customSections: module.customSections.slice(0, MAX_LISTED).map(toVisibleName),
    madeWith: findMakers(module, sections),
  };
}

function toRange({ min, max }: Range): Range {
  return { min, max };
}

function groupImports({ imports }: HardenedModule): ModuleFacts['imports'] {
  const modules = [...new Set(imports.map(({ module }) => module))];
  return modules.map((wanted) => {
    const names = imports.filter(({ module }) => module === wanted).map(({ name }) => name);
    return { module: wanted, names: [...new Set(names)].toSorted() };
  });
}

/** Traces that a toolchain leaves even where it does not sign its work. */
const TRACES: readonly (readonly [maker: string, shows: (module: HardenedModule) => boolean])[] = [
  ['AssemblyScript', imports('env', 'abort')],
  ['Haskell', exportsFunction('hs_init')],
  ['Go', ({ customSections }) => customSections.includes('go:buildid')],
];

function imports(from: string, wanted: string): (module: HardenedModule) => boolean {
  return (hardened) =>
    hardened.imports.some(({ module, name }) => module === from && name === wanted);
}

function exportsFunction(wanted: string): (module: HardenedModule) => boolean {
  return (hardened) => hardened.exports.some(({ name }) => name === wanted);
}

function findMakers(module: HardenedModule, { custom }: TextSections): readonly string[] {
  const producers = custom.find(({ name }) => name === 'producers');
  const signed = producers === undefined ? [] : readProducers(producers.content);
  const shown = TRACES.filter(([, shows]) => shows(module)).map(([maker]) => maker);
  return [...new Set([...signed, ...shown])];
}

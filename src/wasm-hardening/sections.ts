/**
 * The outermost structure of a module: a header, and sections in a fixed order.
 *
 * @module
 */

import { ByteReader } from './byte-reader.ts';
import { MAX_ITEMS } from './structure-limits.ts';
import { rejectFeature, rejectTag } from './unsupported.ts';
import { reject } from './wasm-rejection.ts';

export const SECTION = {
  custom: 0,
  type: 1,
  import: 2,
  function: 3,
  table: 4,
  memory: 5,
  global: 6,
  export: 7,
  start: 8,
  element: 9,
  code: 10,
  data: 11,
  dataCount: 12,
} as const;

/** Not one of ours: only needed to call it by its name. */
const TAG_SECTION = 13;

/** In this order and at most once each; the ids are not in order. */
const SECTION_ORDER: readonly number[] = [
  ...[SECTION.type, SECTION.import, SECTION.function, SECTION.table, SECTION.memory],
  ...[SECTION.global, SECTION.export, SECTION.start, SECTION.element, SECTION.dataCount],
  ...[SECTION.code, SECTION.data],
];

const HEADER_BYTES = 8;

export interface Sections {
  readonly bytes: Uint8Array;
  /** Names of the custom sections, which are all dropped, in the order of the upload. */
  readonly customNames: readonly string[];
  /** A new reader over the content of a section, or nothing if the module does not have it. */
  open(id: number): ByteReader | undefined;
}

/** Checks the header and finds every section. Their content is not looked at yet. */
export function readSections(bytes: Uint8Array): Sections {
  checkHeader(bytes);
  const reader = new ByteReader(bytes, HEADER_BYTES);
  const customNames: string[] = [];
  const ranges = new Map<number, readonly [start: number, end: number]>();
  let lastRank = -1;

  while (!reader.atEnd) {
    const offset = reader.position;
    const id = reader.u8();
    const size = reader.u32();
    const start = reader.position;
    reader.skip(size);
    if (id === SECTION.custom) {
      if (customNames.length === MAX_ITEMS.customSections)
        reject(`module must have at most ${MAX_ITEMS.customSections} custom sections`, offset);
      customNames.push(new ByteReader(bytes, start, reader.position).name());
      continue;
    }
    lastRank = rankOf(id, { after: lastRank, offset });
    ranges.set(id, [start, reader.position]);
  }
  return {
    bytes,
    customNames,
    open(id) {
      const range = ranges.get(id);
      return range && new ByteReader(bytes, range[0], range[1]);
    },
  };
}

function checkHeader(bytes: Uint8Array): void {
  const header = [...bytes.subarray(0, HEADER_BYTES)];
  const startsWith = (...wanted: number[]) => wanted.every((byte, index) => header[index] === byte);
  if (!startsWith(0x00, 0x61, 0x73, 0x6d)) reject('module must begin with "\\0asm"', 0);
  if (startsWith(0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00)) return;
  if (header.length === HEADER_BYTES && header[6] !== 0)
    rejectFeature('components', 'the layer in the header is not that of a core module', 4);
  reject('binary format version must be 1', 4);
}

function rankOf(id: number, place: { readonly after: number; readonly offset: number }): number {
  if (id === TAG_SECTION) rejectTag('tag section', place.offset);
  const rank = SECTION_ORDER.indexOf(id);
  if (rank === -1) reject(`section id ${id} must be a known one`, place.offset);
  if (rank <= place.after) reject(`section ${id} must stand at its place, once`, place.offset);
  return rank;
}

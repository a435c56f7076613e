/**
 * Puts the hardened module together from the uploaded sections and the metered code.
 *
 * Nothing that the module declares gets another index: types, functions and the fuel counter are
 * appended to their sections. Tables and the memory are written anew with clamped sizes. The
 * start section and all custom sections are left out.
 *
 * @module
 */

import { ByteWriter } from './byte-writer.ts';
import { type AppendedIndices, LENGTH_HELPERS } from './fuel-code.ts';
import type { ModuleShape } from './module-shape.ts';
import { FUEL_EXPORT, START_EXPORT } from './reserved-exports.ts';
import { SECTION, type Sections } from './sections.ts';
import type { SizeRange } from './size-range.ts';

export interface ModuleParts {
  readonly sections: Sections;
  readonly shape: ModuleShape;
  readonly appended: AppendedIndices;
  /** Content of the new code section. */
  readonly code: ByteWriter;
}

const HEADER = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00];

const I32 = 0x7f;
const I64 = 0x7e;
const FUNCTION_TYPE = 0x60;
const MUTABLE = 1;
const I64_CONST = 0x42;
const END = 0x0b;
const HAS_MAXIMUM = 1;

const EXPORTED_FUNCTION = 0;
const EXPORTED_GLOBAL = 3;

export function writeModule(parts: ModuleParts): Uint8Array<ArrayBuffer> {
  const { sections, shape, appended } = parts;
  const out = new ByteWriter(sections.bytes.length + parts.code.length + 256);
  out.bytes(HEADER);
  append(out, parts, {
    id: SECTION.type,
    added: 1,
    write: (section) => section.bytes([FUNCTION_TYPE, 1, I32, 1, I32]),
  });
  copy(out, sections, SECTION.import);
  append(out, parts, {
    id: SECTION.function,
    added: LENGTH_HELPERS.length,
    write: (section) => {
      for (const _ of LENGTH_HELPERS) section.u32(appended.helperType);
    },
  });
  if (shape.tables.length > 0) writeTables(out, shape);
  if (shape.memory !== undefined) writeMemory(out, shape.memory);
  append(out, parts, {
    id: SECTION.global,
    added: 1,
    write: (section) => section.bytes([I64, MUTABLE, I64_CONST, 0, END]),
  });
  append(out, parts, {
    id: SECTION.export,
    added: shape.startFunction === undefined ? 1 : 2,
    write: (section) => writeOwnExports(section, parts),
  });
  copy(out, sections, SECTION.element);
  copy(out, sections, SECTION.dataCount);
  writeSection(out, SECTION.code, parts.code);
  copy(out, sections, SECTION.data);
  return out.written().slice();
}

function writeSection(out: ByteWriter, id: number, content: ByteWriter): void {
  out.u8(id);
  out.sized(content);
}

/** Takes a section over as it is, if the module has it. */
function copy(out: ByteWriter, sections: Sections, id: number): void {
  const section = sections.open(id);
  if (section === undefined) return;
  out.u8(id);
  out.u32(section.end - section.position);
  out.bytes(section.bytes.subarray(section.position, section.end));
}

/** Takes a list over, if the module has it, with more items behind its own. */
function append(
  out: ByteWriter,
  { sections }: ModuleParts,
  items: {
    readonly id: number;
    readonly added: number;
    readonly write: (section: ByteWriter) => void;
  },
): void {
  const section = sections.open(items.id);
  const content = new ByteWriter();
  content.u32((section?.u32() ?? 0) + items.added);
  if (section !== undefined) content.bytes(section.bytes.subarray(section.position, section.end));
  items.write(content);
  writeSection(out, items.id, content);
}

function writeTables(out: ByteWriter, shape: ModuleShape): void {
  const content = new ByteWriter();
  content.u32(shape.tables.length);
  for (const table of shape.tables) {
    content.u8(table.elementType);
    writeSizeRange(content, table.size);
  }
  writeSection(out, SECTION.table, content);
}

function writeMemory(out: ByteWriter, memory: SizeRange): void {
  const content = new ByteWriter();
  content.u32(1);
  writeSizeRange(content, memory);
  writeSection(out, SECTION.memory, content);
}

function writeSizeRange(content: ByteWriter, size: SizeRange): void {
  content.u8(HAS_MAXIMUM);
  content.u32(size.min);
  content.u32(size.max);
}

function writeOwnExports(section: ByteWriter, { shape, appended }: ModuleParts): void {
  section.asciiName(FUEL_EXPORT);
  section.u8(EXPORTED_GLOBAL);
  section.u32(appended.fuelGlobal);
  if (shape.startFunction === undefined) return;
  section.asciiName(START_EXPORT);
  section.u8(EXPORTED_FUNCTION);
  section.u32(shape.startFunction);
}

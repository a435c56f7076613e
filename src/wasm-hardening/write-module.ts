/**
 * Puts the hardened module together from the uploaded sections and the metered code.
 *
 * Nothing that the module declares gets another index: types, functions and the fuel counter are
 * appended to their sections. Tables and the memory are written anew with clamped sizes. The
 * start section and all custom sections are left out.
 *
 * @module
 */

import type { AppendedIndices } from './appended-functions.ts';
import { ByteWriter } from './byte-writer.ts';
import type { MeteredCode } from './meter.ts';
import type { ModuleShape } from './module-shape.ts';
import {
  FUEL_EXPORT,
  GROW_REFUSED_EXPORT,
  MEMORY_EXPORT,
  START_EXPORT,
} from './reserved-exports.ts';
import { SECTION, type Sections } from './sections.ts';
import type { SizeRange } from './size-range.ts';

export interface ModuleParts {
  readonly sections: Sections;
  readonly shape: ModuleShape;
  readonly appended: AppendedIndices;
  readonly code: MeteredCode;
}

const HEADER = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00];

const I32 = 0x7f;
const I64 = 0x7e;
const FUNCTION_TYPE = 0x60;
const MUTABLE = 1;
const I32_CONST = 0x41;
const I64_CONST = 0x42;
const END = 0x0b;
const HAS_MAXIMUM = 1;

const EXPORTED_FUNCTION = 0;
const EXPORTED_MEMORY = 2;
const EXPORTED_GLOBAL = 3;

export function writeModule(parts: ModuleParts): Uint8Array<ArrayBuffer> {
  const { sections, shape, appended, code } = parts;
  const out = new ByteWriter(sections.bytes.length + parts.code.bodies.length + 256);
  out.bytes(HEADER);
  append(out, parts, {
    id: SECTION.type,
    added: 1,
    write: (section) => section.bytes([FUNCTION_TYPE, 1, I32, 1, I32]),
  });
  copy(out, sections, SECTION.import);
  append(out, parts, {
    id: SECTION.function,
    added: code.appendedCount,
    write: (section) => {
      for (let left = code.appendedCount; left > 0; left--) section.u32(appended.helperType);
    },
  });
  if (shape.tables.length > 0) writeTables(out, shape);
  if (shape.memory !== undefined) writeMemory(out, shape.memory);
  append(out, parts, {
    id: SECTION.global,
    added: appended.growRefusedGlobal === undefined ? 1 : 2,
    write: (section) => {
      section.bytes([I64, MUTABLE, I64_CONST, 0, END]);
      if (appended.growRefusedGlobal !== undefined)
        section.bytes([I32, MUTABLE, I32_CONST, 0, END]);
    },
  });
  append(out, parts, {
    id: SECTION.export,
    added: countOwnExports(shape),
    write: (section) => writeOwnExports(section, parts),
  });
  copy(out, sections, SECTION.element);
  copy(out, sections, SECTION.dataCount);
  writeCode(out, code);
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

function writeCode(out: ByteWriter, code: MeteredCode): void {
  const content = new ByteWriter(code.bodies.length + 8);
  content.u32(code.bodyCount);
  content.bytes(code.bodies.written());
  writeSection(out, SECTION.code, content);
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

function countOwnExports({ memory, startFunction }: ModuleShape): number {
  return 1 + (memory === undefined ? 0 : 2) + (startFunction === undefined ? 0 : 1);
}

function writeOwnExports(section: ByteWriter, { shape, appended }: ModuleParts): void {
  writeExport(section, FUEL_EXPORT, { kind: EXPORTED_GLOBAL, index: appended.fuelGlobal });
  if (appended.growRefusedGlobal !== undefined)
    writeExport(section, GROW_REFUSED_EXPORT, {
      kind: EXPORTED_GLOBAL,
      index: appended.growRefusedGlobal,
    });
  if (shape.memory !== undefined)
    writeExport(section, MEMORY_EXPORT, { kind: EXPORTED_MEMORY, index: 0 });
  if (shape.startFunction !== undefined)
    writeExport(section, START_EXPORT, { kind: EXPORTED_FUNCTION, index: shape.startFunction });
}

function writeExport(
  section: ByteWriter,
  name: string,
  item: { readonly kind: number; readonly index: number },
): void {
  section.asciiName(name);
  section.u8(item.kind);
  section.u32(item.index);
}

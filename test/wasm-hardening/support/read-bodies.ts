/**
 * Reads a hardened module as lists of instructions, for whoever wants to check what was written.
 *
 * The module is valid, so nothing is checked here. Of the code under test only the table of
 * instructions and the reading of numbers are used.
 */

import { ByteReader } from '../../../src/wasm-hardening/byte-reader.ts';
import type { Immediate, Instruction } from '../../../src/wasm-hardening/instruction.ts';
import { readInstruction } from '../../../src/wasm-hardening/read-instruction.ts';
import { FUEL_EXPORT } from '../../../src/wasm-hardening/reserved-exports.ts';
import { readSections, SECTION } from '../../../src/wasm-hardening/sections.ts';

export interface FunctionType {
  readonly parameters: number;
  readonly results: number;
}

export interface ReadInstruction {
  readonly opcode: number;
  readonly instruction: Instruction;
  /** Indices and constants, in their order; targets of a `br_table` with the default last. */
  readonly numbers: readonly number[];
}

export interface ReadBody {
  /** Among all functions, imported ones first. */
  readonly functionIndex: number;
  readonly type: FunctionType;
  /** Parameters included. */
  readonly localCount: number;
  readonly instructions: readonly ReadInstruction[];
}

export interface ReadModule {
  readonly types: readonly FunctionType[];
  /** The type of every function, imported ones first. */
  readonly functions: readonly FunctionType[];
  readonly bodies: readonly ReadBody[];
  /** Index of the global that is exported as the fuel. */
  readonly fuelGlobal: number;
}

export function readModule(bytes: Uint8Array): ReadModule {
  const sections = readSections(bytes);
  const types = readAll(sections.open(SECTION.type), readType);
  const typeOf = (reader: ByteReader) => types[reader.u32()] ?? { parameters: 0, results: 0 };
  const imported = readAll(sections.open(SECTION.import), (reader) => {
    reader.name();
    reader.name();
    reader.u8(); // hardened modules import functions only
    return typeOf(reader);
  });
  const functions = [...imported, ...readAll(sections.open(SECTION.function), typeOf)];
  const bodies = readAll(sections.open(SECTION.code), (reader, index) => {
    const functionIndex = imported.length + index;
    const type = functions[functionIndex] ?? { parameters: 0, results: 0 };
    return { functionIndex, type, ...readBody(reader, type) };
  });
  return { types, functions, bodies, fuelGlobal: readFuelGlobal(sections.open(SECTION.export)) };
}

function readAll<T>(
  section: ByteReader | undefined,
  readItem: (reader: ByteReader, index: number) => T,
): readonly T[] {
  if (section === undefined) return [];
  return Array.from({ length: section.u32() }, (_, index) => readItem(section, index));
}

function readFuelGlobal(section: ByteReader | undefined): number {
  const exported = readAll(section, (reader) => {
    const isFuel = reader.name() === FUEL_EXPORT;
    reader.u8();
    const index = reader.u32();
    return isFuel ? [index] : [];
  });
  return exported.flat()[0] ?? -1;
}

function readType(reader: ByteReader): FunctionType {
  reader.u8();
  const parameters = reader.u32();
  reader.skip(parameters);
  const results = reader.u32();
  reader.skip(results);
  return { parameters, results };
}

function readBody(section: ByteReader, { parameters }: FunctionType) {
  const size = section.u32();
  const reader = new ByteReader(section.bytes, section.position, section.position + size);
  section.skip(size);
  let localCount = parameters;
  for (let groups = reader.u32(); groups > 0; groups--) {
    localCount += reader.u32();
    reader.u8();
  }
  const instructions: ReadInstruction[] = [];
  while (!reader.atEnd) {
    const { opcode, instruction } = readInstruction(reader);
    instructions.push({ opcode, instruction, numbers: readNumbers(reader, instruction.immediate) });
  }
  return { localCount, instructions };
}

/** How many unsigned numbers follow; what is not here follows another rule. */
const INDEX_COUNT: Partial<Record<Immediate, number>> = {
  ...{ none: 0, label: 1, call: 1, 'indirect-call': 2, function: 1, local: 1, global: 1, table: 1 },
  ...{ 'two-tables': 2, element: 1, 'element-and-table': 2, data: 1, 'data-and-memory': 2 },
  ...{ memory: 1, 'two-memories': 2, 'memory-access': 2, 'heap-type': 1, lane: 1 },
};

const FIXED_BYTES: Partial<Record<Immediate, number>> = { 'sixteen-bytes': 16, f32: 4, f64: 8 };

function readNumbers(reader: ByteReader, immediate: Immediate): readonly number[] {
  const many = (count: number) => Array.from({ length: count }, () => reader.u32());
  const indices = INDEX_COUNT[immediate];
  if (indices !== undefined) return many(indices);
  const fixed = FIXED_BYTES[immediate];
  if (fixed !== undefined) reader.skip(fixed);
  switch (immediate) {
    case 'i32':
    case 'i64':
      return [readSigned(reader)];
    case 'block-type':
      return [reader.s33()];
    case 'label-list':
      return many(reader.u32() + 1);
    case 'result-type':
      return many(reader.u32());
    case 'memory-access-and-lane':
      return many(3);
    default:
      return [];
  }
}

/** Exact as far as charges reach. */
function readSigned(reader: ByteReader): number {
  let value = 0;
  for (let scale = 1; ; scale *= 128) {
    const byte = reader.u8();
    value += (byte & 0x7f) * scale;
    if (byte < 0x80) return byte & 0x40 ? value - scale * 128 : value;
  }
}

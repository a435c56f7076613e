/**
 * The instruction tables against the engine: for each opcode the engine is asked which operands
 * it takes and how many results it leaves.
 */

import { describe, expect, test } from 'vitest';
import type { Immediate, Instruction } from '../../src/wasm-hardening/instruction.ts';
import type { InstructionTable } from '../../src/wasm-hardening/instruction-table.ts';
import { BULK_INSTRUCTIONS, INSTRUCTIONS } from '../../src/wasm-hardening/instructions.ts';
import { SIMD_INSTRUCTIONS } from '../../src/wasm-hardening/simd-instructions.ts';
import {
  type Bytes,
  list,
  moduleOf,
  section,
  sized,
  u32,
  VOID_TYPE,
} from './support/module-bytes.ts';

/** Each leaves one operand of another type: i32, i64, f32, f64, v128, funcref, externref. */
const CONSTANTS: readonly Bytes[] = [
  [0x41, 0],
  [0x42, 0],
  [0x43, 0, 0, 0, 0],
  [0x44, 0, 0, 0, 0, 0, 0, 0, 0],
  [0xfd, 12, ...Array<number>(16).fill(0)],
  [0xd0, 0x70],
  [0xd0, 0x6f],
];

const DROP = 0x1a;
const UNREACHABLE = 0x00;

/** Smallest bytes that may stand behind an opcode in the module below. */
const IMMEDIATES: Partial<Record<Immediate, Bytes>> = {
  none: [],
  function: [0],
  local: [0],
  global: [0],
  table: [0],
  'two-tables': [0, 0],
  element: [0],
  'element-and-table': [0, 0],
  data: [0],
  'data-and-memory': [0, 0],
  memory: [0],
  'two-memories': [0, 0],
  'memory-access': [0, 0],
  'memory-access-and-lane': [0, 0, 0],
  lane: [0],
  'sixteen-bytes': Array<number>(16).fill(0),
  i32: [0],
  i64: [0],
  f32: [0, 0, 0, 0],
  f64: Array<number>(8).fill(0),
  'result-type': [1, 0x7f],
  'heap-type': [0x70],
};

/** A module that has one of everything, and this code in its only function. */
function validates(code: Bytes): boolean {
  const body = sized([1, 1, 0x7f, ...code, 0x0b]); // one i32 local
  return WebAssembly.validate(
    moduleOf(
      VOID_TYPE,
      section(3, list([0])),
      section(4, list([0x70, 0, 1])),
      section(5, list([0, 1])),
      section(6, list([0x7f, 1, 0x41, 0, 0x0b])),
      section(7, list([1, 0x66, 0, 0])), // an exported function may be referred to
      section(9, list([1, 0, 0])), // passive, without entries
      section(12, [1]),
      section(10, list(body)),
      section(11, list([1, 0])),
    ),
  );
}

function encode(prefix: Bytes, opcode: number, instruction: Instruction): Bytes {
  const code = prefix.length === 0 ? [opcode] : [...prefix, ...u32(opcode)];
  return [...code, ...(IMMEDIATES[instruction.immediate] ?? [])];
}

/** Every choice of `count` constants. */
function operands(count: number): readonly Bytes[] {
  if (count === 0) return [[]];
  return operands(count - 1).flatMap((rest) => CONSTANTS.map((one) => [...rest, ...one]));
}

const drops = (count: number): Bytes => Array<number>(count).fill(DROP);

const STEERING: readonly Immediate[] = [
  'block-type',
  'label',
  'label-list',
  'call',
  'indirect-call',
];
const STEERING_OPCODES = [0x00, 0x05, 0x0b, 0x0f]; // unreachable, else, end, return

interface Row {
  readonly instruction: Instruction;
  readonly code: Bytes;
  readonly label: string;
}

function rowsOf(table: InstructionTable, prefix: Bytes): readonly Row[] {
  return table.flatMap((instruction, opcode) => {
    if (instruction === undefined || STEERING.includes(instruction.immediate)) return [];
    if (prefix.length === 0 && STEERING_OPCODES.includes(opcode)) return [];
    const code = encode(prefix, opcode, instruction);
    return [{ instruction, code, label: code.map((byte) => byte.toString(16)).join(' ') }];
  });
}

const rows = [
  ...rowsOf(INSTRUCTIONS, []),
  ...rowsOf(BULK_INSTRUCTIONS, [0xfc]),
  ...rowsOf(SIMD_INSTRUCTIONS, [0xfd]),
];

describe('instruction tables', () => {
  test('hold all of WebAssembly 2.0', () => {
    const count = (table: InstructionTable) => table.filter((row) => row !== undefined).length;
    expect(count(INSTRUCTIONS)).toBe(185);
    expect(count(BULK_INSTRUCTIONS)).toBe(18);
    expect(count(SIMD_INSTRUCTIONS)).toBe(236);
  });

  test('take as many operands as the engine, and leave as many results', () => {
    const wrong = rows.filter(({ instruction, code }) => {
      const after = drops(instruction.pushes);
      return !operands(instruction.pops).some((before) =>
        validates([...before, ...code, ...after]),
      );
    });
    expect(wrong.map((row) => row.label)).toEqual([]);
  });

  test('leave no result unmentioned, where the engine would take any operands', () => {
    const wrong = rows.filter(
      ({ instruction, code }) =>
        instruction.pushes > 0 &&
        validates([UNREACHABLE, ...code, ...drops(instruction.pushes - 1)]),
    );
    expect(wrong.map((row) => row.label)).toEqual([]);
  });

  test('have every opcode that the engine knows in their range, but for refused features', () => {
    const immediates = Object.values(IMMEDIATES);
    const known = (prefix: Bytes, opcode: number) =>
      immediates.some((immediate) =>
        validates([UNREACHABLE, ...prefix, ...u32(opcode), ...immediate, UNREACHABLE]),
      );
    const missing = (table: InstructionTable, prefix: Bytes) =>
      Array.from({ length: 256 }, (_, opcode) => opcode).filter(
        (opcode) => table[opcode] === undefined && known(prefix, opcode),
      );
    expect(missing(BULK_INSTRUCTIONS, [0xfc])).toEqual([]);
    expect(missing(SIMD_INSTRUCTIONS, [0xfd])).toEqual([]);
  });

  test('cost fuel wherever something is done, so that nothing runs for ever unpaid', () => {
    const free = rows.filter(({ instruction }) => instruction.fuel === 0);
    expect(free.map((row) => row.label)).toEqual([]);
    for (const opcode of [0x03, 0x0c, 0x0d, 0x0e, 0x10, 0x11, 0x12, 0x13])
      expect(INSTRUCTIONS[opcode]?.fuel).toBeGreaterThan(0); // loop, branches, calls
  });
});

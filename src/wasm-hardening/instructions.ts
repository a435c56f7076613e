/**
 * Every instruction that a module may hold, but for SIMD (`simd-instructions.ts`).
 *
 * The tables are allow-lists. An opcode without an entry is refused. They cover WebAssembly 2.0
 * (MVP, sign extension, saturating conversion, multi-value, bulk memory, reference types,
 * SIMD-128) and tail calls.
 *
 * @module
 */

import {
  type InstructionTable,
  LOAD_FUEL,
  STORE_FUEL,
  toInstructionTable,
} from './instruction-table.ts';

export const INSTRUCTIONS: InstructionTable = toInstructionTable(
  [
    [0x00, 0x01, 'none', 0, 0], // unreachable, nop
    [0x02, 0x02, 'block-type', 0, 0, 0], // block
    [0x03, 0x03, 'block-type', 0, 0], // loop
    [0x04, 0x04, 'block-type', 1, 0], // if
    [0x05, 0x05, 'none', 0, 0, 0], // else
    [0x0b, 0x0b, 'none', 0, 0, 0], // end
    [0x0c, 0x0c, 'label', 0, 0], // br
    [0x0d, 0x0d, 'label', 1, 0], // br_if
    [0x0e, 0x0e, 'label-list', 1, 0, 2], // br_table
    [0x0f, 0x0f, 'none', 0, 0], // return
    [0x10, 0x10, 'call', 0, 0, 5], // call
    [0x11, 0x11, 'indirect-call', 1, 0, 9], // call_indirect
    [0x12, 0x12, 'call', 0, 0, 5], // return_call
    [0x13, 0x13, 'indirect-call', 1, 0, 9], // return_call_indirect
    [0x1a, 0x1a, 'none', 1, 0], // drop
    [0x1b, 0x1b, 'none', 3, 1], // select
    [0x1c, 0x1c, 'result-type', 3, 1], // select t
    [0x20, 0x20, 'local', 0, 1], // local.get
    [0x21, 0x21, 'local', 1, 0], // local.set
    [0x22, 0x22, 'local', 1, 1], // local.tee
    [0x23, 0x23, 'global', 0, 1], // global.get
    [0x24, 0x24, 'global', 1, 0], // global.set
    [0x25, 0x25, 'table', 1, 1, 3], // table.get
    [0x26, 0x26, 'table', 2, 0, 31], // table.set
    [0x28, 0x35, 'memory-access', 1, 1, LOAD_FUEL], // loads
    [0x36, 0x3e, 'memory-access', 2, 0, STORE_FUEL], // stores
    [0x3f, 0x3f, 'memory', 0, 1], // memory.size
    [0x40, 0x40, 'memory', 1, 1, 501, 'pages'], // memory.grow
    [0x41, 0x41, 'i32', 0, 1],
    [0x42, 0x42, 'i64', 0, 1],
    [0x43, 0x43, 'f32', 0, 1],
    [0x44, 0x44, 'f64', 0, 1],
    [0x45, 0x45, 'none', 1, 1], // i32.eqz
    [0x46, 0x4f, 'none', 2, 1], // i32 comparisons
    [0x50, 0x50, 'none', 1, 1], // i64.eqz
    [0x51, 0x66, 'none', 2, 1], // i64, f32 and f64 comparisons
    [0x67, 0x69, 'none', 1, 1], // i32 clz, ctz, popcnt
    [0x6a, 0x6c, 'none', 2, 1], // i32 add, sub, mul
    [0x6d, 0x70, 'none', 2, 1, 3], // i32 div, rem
    [0x71, 0x78, 'none', 2, 1], // i32 logic and shifts
    [0x79, 0x7b, 'none', 1, 1], // i64 clz, ctz, popcnt
    [0x7c, 0x7e, 'none', 2, 1], // i64 add, sub, mul
    [0x7f, 0x82, 'none', 2, 1, 3], // i64 div, rem
    [0x83, 0x8a, 'none', 2, 1], // i64 logic and shifts
    [0x8b, 0x90, 'none', 1, 1], // f32 abs to nearest
    [0x91, 0x91, 'none', 1, 1, 3], // f32.sqrt
    [0x92, 0x94, 'none', 2, 1], // f32 add, sub, mul
    [0x95, 0x95, 'none', 2, 1, 3], // f32.div
    [0x96, 0x98, 'none', 2, 1], // f32 min, max, copysign
    [0x99, 0x9e, 'none', 1, 1], // f64 abs to nearest
    [0x9f, 0x9f, 'none', 1, 1, 3], // f64.sqrt
    [0xa0, 0xa2, 'none', 2, 1], // f64 add, sub, mul
    [0xa3, 0xa3, 'none', 2, 1, 3], // f64.div
    [0xa4, 0xa6, 'none', 2, 1], // f64 min, max, copysign
    [0xa7, 0xc4, 'none', 1, 1], // conversions and sign extensions
    [0xd0, 0xd0, 'heap-type', 0, 1], // ref.null
    [0xd1, 0xd1, 'none', 1, 1], // ref.is_null
    [0xd2, 0xd2, 'function', 0, 1, 2], // ref.func
  ],
  1,
);

/** Instructions behind the prefix 0xfc. */
export const BULK_INSTRUCTIONS: InstructionTable = toInstructionTable(
  [
    [0, 7, 'none', 1, 1, 1], // saturating conversions
    [8, 8, 'data-and-memory', 3, 0, 17, 'bytes'], // memory.init
    [9, 9, 'data', 0, 0, 2], // data.drop
    [10, 10, 'two-memories', 3, 0, 17, 'bytes'], // memory.copy
    [11, 11, 'memory', 3, 0, 41, 'bytes'], // memory.fill
    [12, 12, 'element-and-table', 3, 0, 33, 'elements'], // table.init
    [13, 13, 'element', 0, 0, 2], // elem.drop
    [14, 14, 'two-tables', 3, 0, 17, 'elements'], // table.copy
    [15, 15, 'table', 2, 1, 501, 'elements'], // table.grow
    [16, 16, 'table', 0, 1, 1], // table.size
    [17, 17, 'table', 3, 0, 101, 'elements'], // table.fill
  ],
  1,
);

/**
 * Fixed-width SIMD: the instructions behind the prefix 0xfd, as in WebAssembly 2.0.
 *
 * Opcodes from 256 on are relaxed SIMD, whose results depend on the machine. They are refused, so
 * that a run can be replayed anywhere. Gaps below 256 were never assigned and are refused too.
 *
 * @module
 */

import {
  type InstructionRow,
  type InstructionTable,
  LOAD_FUEL,
  STORE_FUEL,
  toInstructionTable,
} from './instruction-table.ts';

/** Opcodes from here on belong to relaxed SIMD. */
export const FIRST_RELAXED_SIMD_OPCODE = 256;

const MEMORY: readonly InstructionRow[] = [
  [0, 10, 'memory-access', 1, 1, LOAD_FUEL], // loads, plain, widening and splat
  [11, 11, 'memory-access', 2, 0, STORE_FUEL], // v128.store
  [84, 87, 'memory-access-and-lane', 2, 1, LOAD_FUEL], // load one lane
  [88, 91, 'memory-access-and-lane', 2, 0, STORE_FUEL], // store one lane
  [92, 93, 'memory-access', 1, 1, LOAD_FUEL], // load and fill with zeros
];

const LANES: readonly InstructionRow[] = [
  [12, 12, 'sixteen-bytes', 0, 1], // v128.const
  [13, 13, 'sixteen-bytes', 2, 1], // i8x16.shuffle
  [14, 14, 'none', 2, 1], // i8x16.swizzle
  [15, 20, 'none', 1, 1], // splats
  [21, 22, 'lane', 1, 1], // i8x16.extract_lane
  [23, 23, 'lane', 2, 1],
  [24, 25, 'lane', 1, 1], // i16x8.extract_lane
  [26, 26, 'lane', 2, 1],
  [27, 27, 'lane', 1, 1], // i32x4.extract_lane
  [28, 28, 'lane', 2, 1],
  [29, 29, 'lane', 1, 1], // i64x2.extract_lane
  [30, 30, 'lane', 2, 1],
  [31, 31, 'lane', 1, 1], // f32x4.extract_lane
  [32, 32, 'lane', 2, 1],
  [33, 33, 'lane', 1, 1], // f64x2.extract_lane
  [34, 34, 'lane', 2, 1],
];

/** Runs of opcodes that take this many vectors and leave one value. */
const UNARY: readonly (readonly [first: number, last: number])[] = [
  [77, 77], // v128.not
  [83, 83], // v128.any_true
  [94, 100], // f32x4.demote to i8x16.bitmask
  [103, 106], // f32x4 roundings
  [116, 117], // f64x2 ceil, floor
  [122, 122], // f64x2.trunc
  [124, 129], // pairwise additions to i16x8.neg
  [131, 132], // i16x8 all_true, bitmask
  [135, 138], // i16x8 extensions
  [148, 148], // f64x2.nearest
  [160, 161], // i32x4 abs, neg
  [163, 164], // i32x4 all_true, bitmask
  [167, 170], // i32x4 extensions
  [192, 193], // i64x2 abs, neg
  [195, 196], // i64x2 all_true, bitmask
  [199, 202], // i64x2 extensions
  [224, 225], // f32x4 abs, neg
  [227, 227], // f32x4.sqrt
  [236, 237], // f64x2 abs, neg
  [239, 239], // f64x2.sqrt
  [248, 255], // conversions
];

const BINARY: readonly (readonly [first: number, last: number])[] = [
  [35, 76], // comparisons
  [78, 81], // and, andnot, or, xor
  [101, 102], // i8x16.narrow
  [107, 115], // i8x16 shifts, add, sub
  [118, 121], // i8x16 min, max
  [123, 123], // i8x16.avgr_u
  [130, 130], // i16x8.q15mulr_sat_s
  [133, 134], // i16x8.narrow
  [139, 147], // i16x8 shifts, add, sub
  [149, 153], // i16x8 mul, min, max
  [155, 159], // i16x8 avgr_u, extmul
  [171, 174], // i32x4 shifts, add
  [177, 177], // i32x4.sub
  [181, 186], // i32x4 mul, min, max, dot
  [188, 191], // i32x4.extmul
  [203, 206], // i64x2 shifts, add
  [209, 209], // i64x2.sub
  [213, 223], // i64x2 mul, comparisons, extmul
  [228, 235], // f32x4 arithmetic
  [240, 247], // f64x2 arithmetic
];

/** Vector instructions that stay off memory cost twice a simple one. */
export const SIMD_INSTRUCTIONS: InstructionTable = toInstructionTable(
  [
    ...MEMORY,
    ...LANES,
    ...UNARY.map(([first, last]) => [first, last, 'none', 1, 1] as const),
    ...BINARY.map(([first, last]) => [first, last, 'none', 2, 1] as const),
    [82, 82, 'none', 3, 1], // v128.bitselect
  ],
  2,
);

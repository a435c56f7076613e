/**
 * Instructions that a random program may use, by the type that they answer.
 *
 * Left out is what can see the sign or the payload of a NaN, which the specification leaves open
 * and on which two machines may differ: `copysign`, and reading a float as an integer.
 */

export type ValueType = 'i32' | 'i64' | 'f32' | 'f64' | 'v128';

export const TYPE_CODE = { i32: 0x7f, i64: 0x7e, f32: 0x7d, f64: 0x7c, v128: 0x7b } as const;

export interface Operation {
  readonly code: readonly number[];
  readonly takes: readonly ValueType[];
}

const run = (first: number, last: number) =>
  Array.from({ length: last - first + 1 }, (_, index) => first + index);

function plain(codes: readonly number[], ...takes: ValueType[]): readonly Operation[] {
  return codes.map((code) => ({ code: [code], takes }));
}

function behind(prefix: number, codes: readonly number[], ...takes: ValueType[]) {
  return codes.map((code): Operation => {
    return { code: [prefix, ...(code < 0x80 ? [code] : [(code & 0x7f) | 0x80, code >> 7])], takes };
  });
}

const V128 = 0xfd;

function lane(code: number, count: number): readonly Operation[] {
  return run(0, count - 1).map((index) => ({ code: [V128, code, index], takes: ['v128'] }));
}

/** Arithmetic of float vectors, of which only one lane is looked at. */
function thenLane(codes: readonly number[], extract: number): readonly Operation[] {
  return behind(V128, codes, 'v128', 'v128').map(({ code, takes }) => {
    return { code: [...code, V128, extract, 1], takes };
  });
}

const odd = (code: readonly number[], type: ValueType): Operation => {
  return { code, takes: [type, type] };
};

/** Divisions by what is made odd first; the plain ones beside them trap now and then. */
export const OPERATIONS: Readonly<Record<ValueType, readonly Operation[]>> = {
  i32: [
    ...plain([0x45, 0x67, 0x68, 0x69, 0xc0, 0xc1], 'i32'),
    ...plain([...run(0x46, 0x4f), ...run(0x6a, 0x6c), ...run(0x71, 0x78)], 'i32', 'i32'),
    ...run(0x6d, 0x70).map((code) => odd([0x41, 1, 0x72, code], 'i32')),
    ...plain([0x6e], 'i32', 'i32'),
    ...plain([0x50, 0xa7], 'i64'),
    ...plain(run(0x51, 0x5a), 'i64', 'i64'),
    ...plain(run(0x5b, 0x60), 'f32', 'f32'),
    ...plain(run(0x61, 0x66), 'f64', 'f64'),
    ...plain([0xa8], 'f32'),
    ...behind(0xfc, [0, 1], 'f32'),
    ...behind(0xfc, [2, 3], 'f64'),
    ...behind(V128, [83, 99, 100, 131, 132, 163, 164, 195, 196], 'v128'),
    ...lane(21, 2),
    ...lane(24, 2),
    ...lane(27, 4),
  ],
  i64: [
    ...plain([0x79, 0x7a, 0x7b, 0xc2, 0xc3, 0xc4], 'i64'),
    ...plain([...run(0x7c, 0x7e), ...run(0x83, 0x8a)], 'i64', 'i64'),
    ...run(0x7f, 0x82).map((code) => odd([0x42, 1, 0x84, code], 'i64')),
    ...plain([0x81], 'i64', 'i64'),
    ...plain([0xac, 0xad], 'i32'),
    ...behind(0xfc, [4, 5], 'f32'),
    ...behind(0xfc, [6, 7], 'f64'),
    ...lane(29, 2),
  ],
  f32: [
    ...plain(run(0x8b, 0x91), 'f32'),
    ...plain(run(0x92, 0x97), 'f32', 'f32'),
    ...plain([0xb2, 0xb3], 'i32'),
    ...plain([0xb4, 0xb5], 'i64'),
    ...plain([0xb6], 'f64'),
    ...lane(31, 4),
    ...thenLane([...run(228, 235)], 31),
  ],
  f64: [
    ...plain(run(0x99, 0x9f), 'f64'),
    ...plain(run(0xa0, 0xa5), 'f64', 'f64'),
    ...plain([0xb7, 0xb8], 'i32'),
    ...plain([0xb9, 0xba], 'i64'),
    ...plain([0xbb], 'f32'),
    ...lane(33, 2),
    ...thenLane([...run(240, 247)], 33),
  ],
  v128: [
    ...behind(V128, [77, 96, 97, 98, 128, 129, 160, 161, 192, 193], 'v128'),
    ...behind(V128, [124, 125, 126, 127, 135, 136, 137, 138, 167, 168, 169, 170], 'v128'),
    ...behind(V128, [14, ...run(35, 76), ...run(78, 81), 101, 102], 'v128', 'v128'),
    ...behind(V128, [...run(110, 115), ...run(118, 121), 123, 130, 133, 134], 'v128', 'v128'),
    ...behind(V128, [...run(142, 147), ...run(149, 153), ...run(155, 159)], 'v128', 'v128'),
    ...behind(V128, [174, 177, ...run(181, 186), ...run(188, 191), 206, 209], 'v128', 'v128'),
    ...behind(V128, run(213, 223), 'v128', 'v128'),
    ...behind(V128, [107, 108, 109, 139, 140, 141, 171, 172, 173], 'v128', 'i32'),
    ...behind(V128, [82], 'v128', 'v128', 'v128'),
    ...behind(V128, [15, 16, 17], 'i32'),
    ...behind(V128, [18], 'i64'),
  ],
};

/** Loads and stores, with the alignment that fits: `[code…, alignment]`. */
export const LOADS: Readonly<Record<ValueType, readonly (readonly number[])[]>> = {
  i32: [
    [0x28, 2],
    [0x2c, 0],
    [0x2d, 0],
    [0x2e, 1],
    [0x2f, 1],
  ],
  i64: [
    [0x29, 3],
    [0x30, 0],
    [0x33, 1],
    [0x35, 2],
  ],
  f32: [[0x2a, 2]],
  f64: [[0x2b, 3]],
  v128: [
    [V128, 0, 4],
    [V128, 7, 0],
    [V128, 92, 2],
  ],
};

export const STORES: Readonly<Record<ValueType, readonly (readonly number[])[]>> = {
  i32: [
    [0x36, 2],
    [0x3a, 0],
    [0x3b, 1],
  ],
  i64: [
    [0x37, 3],
    [0x3e, 2],
  ],
  f32: [[0x38, 2]],
  f64: [[0x39, 3]],
  v128: [[V128, 11, 4]],
};

/** What is left of a float when it is not equal to itself, to take its NaNs away. */
export const FLOAT_EQUAL = { f32: 0x5b, f64: 0x61 } as const;

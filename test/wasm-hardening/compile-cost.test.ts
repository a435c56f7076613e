/**
 * Compile bombs: small modules that would keep a compiler busy for seconds on their first call.
 */

import { describe, expect, test } from 'vitest';
import {
  MAX_FUNCTION_COMPILE_UNITS,
  MAX_MODULE_COMPILE_UNITS,
} from '../../src/wasm-hardening/compile-cost.ts';
import { MAX_LOCALS } from '../../src/wasm-hardening/function-bodies.ts';
import { harden, rejection } from './support/hardened.ts';
import {
  type Bytes,
  body,
  functionOf,
  inFunction,
  list,
  many,
  moduleOf,
  name,
  repeated,
  section,
  sized,
  u32,
  VOID_TYPE,
} from './support/module-bytes.ts';

const ONE_FUNCTION = section(3, list([0]));
const ONE_PAGE = section(5, list([0, 1]));

describe('the bound on compilation', () => {
  const LOCALS = 999;
  /** `count` conditional branches with so many locals alive: the classic bomb. */
  const branches = (count: number): Bytes => [
    ...[1, ...u32(LOCALS), 0x7f],
    ...repeated([0x41, 0, 0x0d, 0], count),
    0x0b,
  ];
  const bomb = (...counts: readonly number[]) =>
    moduleOf(
      VOID_TYPE,
      section(3, many([0], counts.length)),
      section(10, list(...counts.map((count) => sized(branches(count))))),
    );
  const PER_BRANCH = LOCALS + 1;
  const MOST = MAX_FUNCTION_COMPILE_UNITS / PER_BRANCH;
  /** Entry, last `end`, and a cut each 256 units of fuel cost about as a branch does. */
  const OVERHEAD = 2 + Math.ceil((MOST * 2) / 256);

  test('accepts a function near it and refuses one above', () => {
    harden(bomb(MOST - 2 * OVERHEAD));
    expect(rejection(bomb(MOST)).message).toContain(
      'function must take at most 3000000 units (locals and operands at each control operator)',
    );
  });

  test('counts all functions together', () => {
    const half = MOST / 2;
    const fitting = Math.floor(MAX_MODULE_COMPILE_UNITS / ((half + OVERHEAD) * PER_BRANCH));
    harden(bomb(...Array<number>(fitting).fill(half)));
    expect(rejection(bomb(...Array<number>(fitting + 1).fill(half))).message).toContain(
      'functions up to here must take at most 8000000 units',
    );
  });

  test('counts functions that do nothing with many locals', () => {
    const bytes = moduleOf(
      VOID_TYPE,
      section(3, many([0], 1_000)),
      section(10, many(sized([1, ...u32(MAX_LOCALS), 0x7f, 0x0b]), 1_000)),
    );
    expect(rejection(bytes).message).toContain('must take at most 8000000 units');
  });

  test.each<[string, Bytes, Bytes, number]>([
    ['loops', [], [0x03, 0x40, 0x0b], 2_000],
    ['arms', [], [0x41, 0, 0x04, 0x40, 0x05, 0x0b], 2_000],
    ['calls', [], [0x10, 0], 150_000],
    ['growing memory', [0x41, 0], [0x40, 0], 5_000],
    ['table access', [], [0x41, 0, 0x25, 0, 0x1a], 150_000],
    ['references to functions', [], [0xd2, 0, 0x1a], 60_000],
  ])('counts %s', (_, before, item, count) => {
    const code = (times: number): Bytes => [
      ...[1, ...u32(2_000), 0x7f, ...before],
      ...repeated(item, times),
      ...(before.length > 0 ? [0x1a, 0x0b] : [0x0b]),
    ];
    const bytes = (times: number) =>
      moduleOf(
        ...[VOID_TYPE, ONE_FUNCTION, section(4, list([0x70, 0, 1])), ONE_PAGE],
        ...[section(9, list([3, 0, 1, 0])), section(10, list(sized(code(times))))],
      );
    expect(WebAssembly.validate(bytes(count / 10) as Uint8Array<ArrayBuffer>)).toBe(true);
    harden(bytes(count / 10));
    expect(rejection(bytes(count)).message).toContain('must take at most 3000000 units');
  });

  test('counts operands as it counts locals', () => {
    const HEIGHT = 1_000;
    const bytes = (count: number) =>
      inFunction(
        repeated([0x41, 0], HEIGHT),
        repeated([0x02, 0x40, 0x0b], count),
        repeated([0x1a], HEIGHT),
      );
    harden(bytes(1_000));
    expect(rejection(bytes(2_000)).message).toContain('must take at most 3000000 units');
  });

  test('counts every distinct target of a br_table, and no target twice', () => {
    const DEPTH = 200;
    const bytes = (targets: readonly number[]) =>
      functionOf([
        ...[1, ...u32(100), 0x7f],
        ...repeated([0x02, 0x40], DEPTH),
        ...repeated([0x02, 0x40, 0x41, 0, 0x0e, ...list(...targets.map(u32)), 0, 0x0b], 200),
        ...repeated([0x0b], DEPTH + 1),
      ]);
    harden(bytes(Array<number>(DEPTH).fill(0)));
    expect(rejection(bytes(Array.from({ length: DEPTH }, (_, index) => index))).message).toContain(
      'must take at most 3000000 units',
    );
  });

  test('counts calls by the square of what they hand over', () => {
    const handingOver = (width: number) => {
      const values = many([0x7f], width);
      return moduleOf(
        section(1, list([0x60, ...values, ...values], [0x60, 0, 0])),
        section(2, list([...name('m'), ...name('n'), 0, 0])),
        section(3, list([1])),
        section(
          10,
          list(
            body(
              ...repeated([0x41, 0], width),
              ...repeated([0x10, 0], 1_000),
              ...repeated([0x1a], width),
            ),
          ),
        ),
      );
    };
    harden(handingOver(100));
    expect(rejection(handingOver(250)).message).toContain('must take at most 3000000 units');
  });
});

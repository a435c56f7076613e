/**
 * What hostile programs can do with a budget: use it up, and nothing else.
 */

import { describe, expect, test } from 'vitest';
import { HardenedInstance, harden, OPEN_POLICY } from './support/hardened.ts';

const instanceOf = (wat: string) => new HardenedInstance(harden(wat));

/** Fuel that one call of `f` takes. */
function fuelOf(wat: string, values: readonly unknown[] = []): number {
  const { fuelUsed, outcome } = instanceOf(wat).call('f', values);
  expect(outcome).toHaveProperty('value');
  return Number(fuelUsed);
}

describe('an endless program', () => {
  test.each([
    ['a loop', '(func (export "f") (loop $l (br $l)))'],
    ['a loop that does nothing', '(func (export "f") (loop $l (br_if $l (i32.const 1))))'],
    ['a loop by br_table', '(func (export "f") (loop $l (br_table $l $l (i32.const 0))))'],
    [
      'a loop with an inner loop that is left at once',
      '(func (export "f") (loop $l (loop) (block (br 0)) (br $l)))',
    ],
    ['a loop with parameters', '(func (export "f") (i32.const 1) (loop $l (param i32) (br $l)))'],
    [
      'a loop behind more than one region',
      `(func (export "f") ${'(drop (i32.const 0))'.repeat(300)} (loop $l (br $l)))`,
    ],
    [
      'a loop around more than one region',
      `(func (export "f") (loop $l ${'(drop (i32.const 0))'.repeat(300)} (br $l)))`,
    ],
    [
      'a loop from an arm',
      '(func (export "f") (loop $l (if (i32.const 1) (then (br $l)) (else (nop)))))',
    ],
    ['tail calls', '(func $f (export "f") (return_call $f))'],
    [
      'indirect tail calls',
      `(type $t (func)) (table funcref (elem $f))
       (func $f (export "f") (return_call_indirect (type $t) (i32.const 0)))`,
    ],
    ['mutual tail calls', '(func $f (export "f") (return_call $g)) (func $g (return_call $f))'],
  ])('ends when its fuel is used up: %s', (_, functions) => {
    const run = instanceOf(`(module ${functions})`).call('f', [], 1_000_000n);
    expect(run).toMatchObject({ outcome: { trap: 'unreachable' }, exhausted: true });
  });

  test('is bounded in recursion by the stack or by fuel, whichever ends first', () => {
    const recursion = instanceOf(
      '(module (func $f (export "f") (param i32) (call $f (i32.const 0)) (drop (local.get 0))))',
    );
    expect(recursion.call('f', [0], 1_000n)).toMatchObject({ exhausted: true });
    expect(recursion.call('f', [0])).toMatchObject({
      outcome: { trap: 'stack overflow' },
      exhausted: false,
    });
    const doubling = instanceOf(
      `(module (func $f (export "f") (param i32)
        (if (local.get 0) (then
          (call $f (i32.sub (local.get 0) (i32.const 1)))
          (call $f (i32.sub (local.get 0) (i32.const 1)))))))`,
    );
    expect(doubling.call('f', [60], 1_000_000n)).toMatchObject({ exhausted: true });
  });

  test('cannot catch its end, nor go on behind it', () => {
    const instance = instanceOf(
      `(module (global $turns (export "turns") (mut i32) (i32.const 0))
        (func (export "f")
          (loop $l (global.set $turns (i32.add (global.get $turns) (i32.const 1))) (br $l))))`,
    );
    instance.call('f', [], 1_000n);
    const turns = instance.get('turns') as WebAssembly.Global<'i32'>;
    const before = turns.value;
    expect(before).toBeGreaterThan(0);
    expect(instance.call('f', [], -1n)).toMatchObject({ exhausted: true });
    expect(turns.value).toBe(before);
  });
});

describe('a flood', () => {
  test.each([
    ['of memory.fill', '(memory.fill (i32.const 0) (i32.const 1) (i32.const 1048576))'],
    ['of memory.copy', '(memory.copy (i32.const 1) (i32.const 0) (i32.const 1048000))'],
    ['of memory.init', '(memory.init $d (i32.const 0) (i32.const 0) (i32.const 4000))'],
    ['of empty memory.fill', '(memory.fill (i32.const 0) (i32.const 1) (i32.const 0))'],
    ['of memory.grow', '(drop (memory.grow (i32.const 1)))'],
    ['of table.grow', '(drop (table.grow $t (ref.null func) (i32.const 1)))'],
    ['of table.fill', '(table.fill $t (i32.const 0) (ref.null func) (i32.const 1000))'],
    ['of table.copy', '(table.copy $t $t (i32.const 1) (i32.const 0) (i32.const 999))'],
    ['of table.init', '(table.init $t $e (i32.const 0) (i32.const 0) (i32.const 4))'],
    ['of table.set', '(table.set $t (i32.const 0) (ref.func $f))'],
  ])('ends after few turns: %s', (_, instruction) => {
    const instance = instanceOf(
      `(module
        (memory 16) (table $t 1000 funcref)
        (data $d "${'x'.repeat(4000)}") (elem $e func $f $f $f $f)
        (global $turns (export "turns") (mut i32) (i32.const 0))
        (func $f (export "f")
          (loop $l
            ${instruction}
            (global.set $turns (i32.add (global.get $turns) (i32.const 1)))
            (br $l))))`,
    );
    expect(instance.call('f', [], 1_000_000n)).toMatchObject({ exhausted: true });
    const turns = (instance.get('turns') as WebAssembly.Global<'i32'>).value;
    expect(turns).toBeGreaterThan(0);
    expect(turns).toBeLessThan(1_000_000 / 30);
  });

  test('is charged before the work is done', () => {
    const instance = instanceOf(
      `(module (memory (export "memory") 16)
        (func (export "f") (memory.fill (i32.const 0) (i32.const 7) (i32.const 1048576))))`,
    );
    expect(instance.call('f', [], 100_000n)).toMatchObject({ exhausted: true });
    const memory = instance.get('memory') as WebAssembly.Memory;
    expect(new Uint8Array(memory.buffer)[0]).toBe(0);
  });
});

describe('the charge by length', () => {
  /** A module whose `f` does one thing with a length, and what it costs beyond length 0. */
  const chargeOf = (instruction: string, length: number): number => {
    const wat = `(module
      (memory 16) (table $t 1000 10000 externref) (data $d "${'x'.repeat(100)}")
      (elem $e externref (ref.null extern) (ref.null extern))
      (func (export "f") (param i32) ${instruction}))`;
    return fuelOf(wat, [length]) - fuelOf(wat, [0]);
  };

  test.each([
    ['(memory.fill (i32.const 0) (i32.const 0) (local.get 0))', 65_536, 8_192],
    ['(memory.fill (i32.const 0) (i32.const 0) (local.get 0))', 7, 0],
    ['(memory.fill (i32.const 0) (i32.const 0) (local.get 0))', 8, 1],
    ['(memory.copy (i32.const 0) (i32.const 9) (local.get 0))', 80, 10],
    ['(memory.init $d (i32.const 0) (i32.const 0) (local.get 0))', 80, 10],
    ['(table.fill $t (i32.const 0) (ref.null extern) (local.get 0))', 1_000, 16_000],
    ['(table.copy $t $t (i32.const 0) (i32.const 9) (local.get 0))', 10, 160],
    ['(table.init $t $e (i32.const 0) (i32.const 0) (local.get 0))', 2, 32],
    ['(drop (table.grow $t (ref.null extern) (local.get 0)))', 10, 160],
    ['(drop (memory.grow (local.get 0)))', 3, 1_536],
  ])('of %s at %d is %d', (instruction, length, charge) => {
    expect(chargeOf(instruction, length)).toBe(charge);
  });

  test('stops at the largest memory or table there can be, so that a bad length still traps', () => {
    const instance = instanceOf(
      `(module (memory 1) (table $t 1 funcref)
        (func (export "fill") (param i32) (memory.fill (i32.const 0) (i32.const 0) (local.get 0)))
        (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))
        (func (export "table") (param i32)
          (table.fill $t (i32.const 0) (ref.null func) (local.get 0))))`,
    );
    const budget = 10_000_000n;
    expect(instance.call('fill', [-1], budget)).toMatchObject({
      outcome: { trap: 'memory access out of bounds' },
      exhausted: false,
    });
    expect(instance.call('grow', [-1], budget)).toMatchObject({ outcome: { value: -1 } });
    expect(instance.call('table', [-1], budget)).toMatchObject({
      outcome: { trap: 'table index is out of bounds' },
      exhausted: false,
    });
  });
});

describe('fuel', () => {
  test('is the same in every run of the same program', () => {
    const wat = `(module (memory 1)
      (func (export "f") (param i32) (result i32) (local i32)
        (loop $l
          (if (i32.and (local.get 0) (i32.const 1))
            (then (local.set 1 (i32.add (local.get 1) (local.get 0))))
            (else (memory.fill (i32.const 0) (i32.const 1) (local.get 0))))
          (br_if $l (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
        (local.get 1)))`;
    const used = [1, 2, 3].map(() => fuelOf(wat, [500]));
    expect(new Set(used).size).toBe(1);
  });

  test('grows with the work', () => {
    const wat = `(module (func (export "f") (param i32)
      (loop $l (br_if $l (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))))`;
    const perTurn = fuelOf(wat, [2]) - fuelOf(wat, [1]);
    expect(perTurn).toBe(6); // header, get, const, sub, tee, br_if
    expect(fuelOf(wat, [1_001]) - fuelOf(wat, [1])).toBe(1_000 * perTurn);
  });

  test('is taken for locals, which a call has to zero', () => {
    const withLocals = (count: number) =>
      fuelOf(`(module (func (export "f") (local ${'i64 '.repeat(count)})))`);
    expect(withLocals(80) - withLocals(0)).toBe(10);
  });

  test('is taken for what a call hands over', () => {
    const calling = (count: number) =>
      fuelOf(`(module (func $g (param ${'i64 '.repeat(count)}))
        (func (export "f") ${'(i64.const 0)'.repeat(count)} (call $g)))`);
    // Each of the 80 operands is a constant in the caller, and a local in the callee.
    expect(calling(80) - calling(0)).toBe(80 + 80 / 8 + 80 / 8);
  });

  // Seconds hang on it: a link of a chain through 16 MiB takes the machine 150 ns and more.
  test.each([
    ['i32.load', 'local.get 0', '(drop)'],
    ['i64.load8_u', 'local.get 0', '(drop)'],
    ['v128.load', 'local.get 0', '(drop)'],
    ['v128.load32_lane 0', 'local.get 0 (v128.const i64x2 0 0)', '(drop)'],
    ['v128.load64_zero', 'local.get 0', '(drop)'],
  ])('is taken for a load as for twenty simple instructions: %s', (load, operands, end) => {
    const chain = (count: number) =>
      fuelOf(
        `(module (memory 1) (func (export "f") (param i32)
        ${`${operands} ${load} ${end}\n`.repeat(count)}))`,
        [0],
      );
    const simple = 1 + (operands.includes('const') ? 2 : 0) + 1;
    expect(chain(8) - chain(1)).toBe(7 * (20 + simple));
  });

  test('is taken for a store as for three', () => {
    const stores = (store: string, value: string) =>
      fuelOf(
        `(module (memory 1) (func (export "f") ${`(${store} (i32.const 0) ${value})`.repeat(8)}))`,
      );
    expect(stores('i64.store', '(i64.const 1)')).toBe(1 + 8 * (3 + 2));
    expect(stores('v128.store', '(v128.const i64x2 0 0)')).toBe(1 + 8 * (3 + 1 + 2));
  });

  test('is not taken for an arm that is skipped, once a region is full', () => {
    const work = '(drop (i32.const 0))'.repeat(100);
    const skipping = (arms: number) =>
      fuelOf(`(module (func (export "f") ${work} ${work}
        ${`(if (i32.const 0) (then ${work}))`.repeat(arms)}))`);
    expect(skipping(11) - skipping(1)).toBe(10 * 2); // the conditions only
  });

  test('is hardly taken too early: at most one region', () => {
    const leavesAtOnce = `(module (func (export "f")
      (return) ${'(drop (i32.const 0))'.repeat(10_000)}))`;
    expect(fuelOf(leavesAtOnce)).toBeLessThan(260);
  });

  test('may be taken by the host as well, for what its functions do', () => {
    let instance: HardenedInstance | undefined;
    const host = {
      m: {
        work() {
          const fuel = instance?.get('__sallyport_fuel') as WebAssembly.Global<'i64'>;
          fuel.value -= 1_000n;
        },
      },
    };
    const wat = '(module (import "m" "work" (func $work)) (func (export "f") (call $work) (nop)))';
    instance = new HardenedInstance(harden(wat, OPEN_POLICY), host);
    expect(instance.call('f').fuelUsed).toBeGreaterThan(1_000n);
  });
});

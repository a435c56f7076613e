/**
 * Functions that take no fuel because their callers have paid.
 */

import { describe, expect, test } from 'vitest';
import { LOAD_FUEL } from '../../src/wasm-hardening/instruction-table.ts';
import {
  type Candidate,
  MAX_PREPAID_BODY_BYTES,
  MAX_PREPAID_FUEL,
  settlePrepaid,
} from '../../src/wasm-hardening/prepaid-functions.ts';
import { HardenedInstance, harden } from './support/hardened.ts';

const candidate = (functionIndex: number, more: Partial<Candidate> = {}): Candidate => ({
  ...{ functionIndex, ownFuel: 10, isChargedByLength: false, callees: [], callsIndirectly: false },
  ...more,
});

const settle = (...candidates: Candidate[]) => Object.fromEntries(settlePrepaid(candidates));

describe('settlePrepaid()', () => {
  test('adds what a function calls to what it costs', () => {
    expect(
      settle(candidate(1, { callees: [2, 2, 3] }), candidate(2, { callees: [3] }), candidate(3)),
    ).toEqual({
      1: { fuel: 60, takesFuel: false },
      2: { fuel: 20, takesFuel: false },
      3: { fuel: 10, takesFuel: false },
    });
  });

  test('leaves out who costs too much, and lets his callers be charged for themselves only', () => {
    const settled = settle(
      candidate(1, { callees: [2] }),
      candidate(2, { ownFuel: MAX_PREPAID_FUEL + 1 }),
      candidate(3, { ownFuel: MAX_PREPAID_FUEL }),
    );
    expect(settled).toEqual({
      1: { fuel: 10, takesFuel: true },
      3: { fuel: MAX_PREPAID_FUEL, takesFuel: false },
    });
  });

  test('leaves out whoever comes back to himself, directly or not', () => {
    expect(settle(candidate(1, { callees: [1] }))).toEqual({});
    expect(
      settle(
        candidate(1, { callees: [2] }),
        candidate(2, { callees: [3] }),
        candidate(3, { callees: [1] }),
      ),
    ).toEqual({});
  });

  test('leaves out whoever calls into such a circle', () => {
    const circle = [candidate(2, { callees: [3] }), candidate(3, { callees: [2] })];
    expect(settle(candidate(1, { callees: [2] }), ...circle, candidate(4))).toEqual({
      4: { fuel: 10, takesFuel: false },
    });
  });

  test.each<[string, Partial<Candidate>]>([
    ['works by length', { isChargedByLength: true }],
    ['calls through a table', { callsIndirectly: true }],
    ['calls who is no candidate', { callees: [99] }],
  ])('knows that fuel is taken where a function %s, and in all that call it', (_, how) => {
    const settled = settle(
      candidate(1, { callees: [2] }),
      candidate(2, { callees: [3] }),
      candidate(3, how),
    );
    expect(Object.values(settled).map(({ takesFuel }) => takesFuel)).toEqual([true, true, true]);
  });

  test('goes down a chain of any length', () => {
    const chain = Array.from({ length: 50_000 }, (_, index) =>
      candidate(index, { ownFuel: 0, callees: [index + 1] }),
    );
    expect(settlePrepaid([...chain, candidate(50_000)]).size).toBe(50_001);
  });
});

/** Charges that are written for these functions. */
const chargesOf = (functions: string) => harden(`(module (memory 1) ${functions})`).chargeCount;

const ACCESSOR = '(func $get (param i32) (result i32) (i32.load (local.get 0)))';
const CALL_IT = '(drop (call $get (i32.const 0)))';

describe('a small function', () => {
  test('takes no fuel if it is only called by name', () => {
    expect(chargesOf(`${ACCESSOR} (func (export "f") ${CALL_IT} ${CALL_IT})`)).toBe(1);
  });

  test.each([
    ['is exported', '(export "g" (func $get))'],
    ['is in a table', '(table funcref (elem $get))'],
    ['is in a passive segment', '(elem func $get)'],
    ['is declared as a value', '(elem declare func $get)'],
    ['is in a global', '(global funcref (ref.func $get))'],
  ])('takes fuel if it %s, since others than its callers may come', (_, reference) => {
    expect(chargesOf(`${ACCESSOR} ${reference} (func (export "f") ${CALL_IT})`)).toBe(2);
  });

  test('takes fuel if it is the start function', () => {
    expect(chargesOf('(func $s) (start $s) (func (export "f") (call $s))')).toBe(2);
  });

  test('takes fuel if it has a loop', () => {
    expect(chargesOf('(func $l (loop)) (func (export "f") (call $l))')).toBe(3);
  });

  test('takes fuel if it costs too much, and not one unit before', () => {
    // A call costs 1 at its entry, and `nop` 1.
    const nops = (count: number) =>
      chargesOf(`(func $n ${'nop '.repeat(count)}) (func (export "f") (call $n))`);
    expect(nops(MAX_PREPAID_FUEL - 1)).toBe(1);
    expect(nops(MAX_PREPAID_FUEL)).toBe(2);
  });

  test('takes fuel if its body is too long, whatever it costs', () => {
    // Two bytes for the declarations and the end, three for each empty block.
    const blocks = (count: number) =>
      chargesOf(`(func $b ${'(block)'.repeat(count)}) (func (export "f") (call $b))`);
    const most = Math.floor((MAX_PREPAID_BODY_BYTES - 2) / 3);
    expect(blocks(most)).toBe(1);
    expect(blocks(most + 1)).toBe(2);
  });

  test('takes fuel if it calls itself', () => {
    expect(chargesOf('(func $r (return_call $r)) (func (export "f") (call $r))')).toBe(2);
  });

  test('still has what it does by length charged where it does it', () => {
    const fill = `(func $fill (param i32)
      (memory.fill (i32.const 0) (i32.const 1) (local.get 0)))`;
    const instance = new HardenedInstance(
      harden(
        `(module (memory 2) ${fill} (func (export "f") (param i32)
          (loop (call $fill (local.get 0)))))`,
      ),
    );
    const { fuelUsed: little } = instance.call('f', [8]);
    const { fuelUsed: much } = instance.call('f', [80_000]);
    expect(much - little).toBe(9_999n);
  });

  test('makes its callers pay each time, whether it is called by call or by return_call', () => {
    const fuelOf = (body: string) => {
      const run = new HardenedInstance(
        harden(`(module (memory 1) ${ACCESSOR} (func (export "f") (result i32) ${body}))`),
      ).call('f');
      return Number(run.fuelUsed);
    };
    const none = fuelOf('(i32.const 0)');
    const accessor = 1 + 1 + LOAD_FUEL; // its entry, its local.get and its load
    expect(fuelOf('(call $get (i32.const 0))') - none).toBe(5 + accessor);
    expect(fuelOf('(return_call $get (i32.const 0))') - none).toBe(5 + accessor);
    expect(fuelOf(`${CALL_IT} (call $get (i32.const 0))`) - none).toBe(2 * (5 + accessor) + 2);
  });
});

describe('a loop', () => {
  test('does not give back what its callees and its host have taken', () => {
    const instance = new HardenedInstance(
      harden(`(module (import "m" "pay" (func $pay))
        (func $big ${'nop '.repeat(200)})
        (func $wrapper (call $pay))
        (func (export "f") (param $turns i32)
          (loop $l
            (call $big) (call $wrapper)
            (br_if $l (local.tee $turns (i32.sub (local.get $turns) (i32.const 1)))))))`),
      {
        m: {
          pay() {
            const fuel = instance.get('__sallyport_fuel') as WebAssembly.Global<'i64'>;
            fuel.value -= 10_000n;
          },
        },
      },
    );
    const { fuelUsed } = instance.call('f', [5]);
    expect(fuelUsed).toBeGreaterThan(5n * (10_000n + 200n));
    expect(fuelUsed).toBeLessThan(5n * (10_000n + 300n));
  });
});

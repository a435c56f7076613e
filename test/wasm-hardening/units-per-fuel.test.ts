/** Code of ours that pays less for each instruction. */

import { describe, expect, test } from 'vitest';
import { hardenModule } from '../../src/wasm-hardening/harden.ts';
import { MAX_UNITS_PER_FUEL } from '../../src/wasm-hardening/hardening-policy.ts';
import { HardenedInstance, harden, OPEN_POLICY } from './support/hardened.ts';

const LOOP = `(module (memory 1 1)
  (func (export "count") (param $n i32)
    (loop $l
      ${'(drop (i32.const 0))'.repeat(20)}
      (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1))))))
  (func (export "spin") (loop $l (br $l)))
  (func (export "fill") (param i32)
    (memory.fill (i32.const 0) (i32.const 1) (local.get 0))))`;

const fuelOf = (unitsPerFuel: number, name: string, value: number): number => {
  const instance = new HardenedInstance(harden(LOOP, { ...OPEN_POLICY, unitsPerFuel }));
  return Number(instance.call(name, [value]).fuelUsed);
};

describe('unitsPerFuel', () => {
  test('is 1 unless stated', () => {
    const stated = harden(LOOP, { ...OPEN_POLICY, unitsPerFuel: 1 });
    expect(stated.bytes).toEqual(harden(LOOP).bytes);
  });

  test('divides what straight code costs', () => {
    const [one, sixteen] = [fuelOf(1, 'count', 1_000), fuelOf(16, 'count', 1_000)];
    expect(one / sixteen).toBeGreaterThan(8);
    expect(one / sixteen).toBeLessThanOrEqual(16);
  });

  test('leaves what is charged by length as it is', () => {
    const difference = (units: number) => fuelOf(units, 'fill', 65_536) - fuelOf(units, 'fill', 0);
    expect(difference(16)).toBe(difference(1));
  });

  test('makes no loop free', () => {
    const policy = { ...OPEN_POLICY, unitsPerFuel: MAX_UNITS_PER_FUEL };
    const run = new HardenedInstance(harden(LOOP, policy)).call('spin', [], 10_000n);
    expect(run).toMatchObject({ outcome: { trap: 'unreachable' }, exhausted: true });
  });

  test.each([0, -1, 1.5, MAX_UNITS_PER_FUEL + 1, Number.NaN])('must not be %s', (unitsPerFuel) => {
    const bytes = harden(LOOP).bytes;
    expect(() => hardenModule(bytes, { ...OPEN_POLICY, unitsPerFuel })).toThrow(RangeError);
  });
});

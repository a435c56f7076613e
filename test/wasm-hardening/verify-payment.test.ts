/**
 * The proof that nothing runs unpaid is only worth something if it can fail.
 */

import { describe, expect, test } from 'vitest';
import type { HardenedModule } from '../../src/wasm-hardening/harden.ts';
import { foreignUsesOfFuel } from './support/fuel-uses.ts';
import { harden } from './support/hardened.ts';
import { PROGRAMS } from './support/programs.ts';
import { unpaidIn } from './support/verify-payment.ts';

const NOPS = '(drop (i32.const 1))'.repeat(10);
const MODULE = `(module (memory 1)
  (func $small (param i32) (result i32) (i32.load (local.get 0)))
  (func (export "f") (param i32)
    ${NOPS}
    (loop $l (drop (call $small (i32.const 0)))
      (br_if $l (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))))`;

/** The same module with some bytes of its code replaced where they occur first. */
function tamper(module: HardenedModule, from: readonly number[], to: readonly number[]) {
  const at = module.bytes.findIndex((_, index) =>
    from.every((byte, ahead) => module.bytes[index + ahead] === byte),
  );
  expect(at).toBeGreaterThan(0);
  const bytes = module.bytes.slice();
  bytes.set(to, at);
  expect(WebAssembly.validate(bytes)).toBe(true);
  return { ...module, bytes };
}

describe('unpaidIn()', () => {
  test.each(Object.entries(PROGRAMS))('finds nothing in our programs: %s', (_, { wat }) => {
    expect(unpaidIn(harden(wat))).toEqual([]);
    expect(foreignUsesOfFuel(harden(wat))).toEqual([]);
  });

  test('finds a charge that is one too small', () => {
    const hardened = harden(MODULE);
    // global.get 0, i64.const 22, i64.sub, or 21 instead
    const tampered = tamper(hardened, [0x23, 0, 0x42, 22, 0x7d], [0x23, 0, 0x42, 21, 0x7d]);
    expect(unpaidIn(tampered)).toEqual([expect.stringContaining('function 1 lacks 1 at opcode')]);
  });

  test('finds a loop that costs more than it pays', () => {
    // local.get 1, i64.const, i64.sub, local.tee 1
    const hardened = harden(MODULE);
    const fuel =
      hardened.bytes[
        hardened.bytes.findIndex(
          (_, at) => hardened.bytes[at] === 0x20 && hardened.bytes[at + 4] === 0x7d,
        ) + 3
      ];
    const tampered = tamper(hardened, [0x42, fuel ?? 0, 0x7d, 0x22], [0x42, 1, 0x7d, 0x22]);
    expect(unpaidIn(tampered).join()).toContain('lacks');
  });

  test('finds work that touches the counter', () => {
    const hardened = harden(
      '(module (global (mut i64) (i64.const 0)) (func (export "f") (global.set 0 (i64.const 7))))',
    );
    const tampered = tamper(hardened, [0x42, 7, 0x24, 0], [0x42, 7, 0x24, 1]);
    expect(unpaidIn(tampered).join()).toContain('work touches the global 1');
    expect(foreignUsesOfFuel(tampered).join()).toContain('touches the fuel');
  });

  test('finds a function that takes no fuel and is exported', () => {
    const hardened = harden(
      '(module (func $f) (func $g) (export "f" (func $g)) (func (export "h") (call $f)))',
    );
    const tampered = tamper(hardened, [1, 0x66, 0, 1], [1, 0x66, 0, 0]);
    expect(unpaidIn(tampered).join()).toContain(
      'function 0 takes no fuel, and is not only called by name',
    );
  });
});

test('a call that does not return leaves the fuel as its callee left it', () => {
  // The region is full right behind the call, where nothing but `unreachable` stands.
  const hardened = harden(`(module
    (func $big ${'nop '.repeat(200)})
    (func (export "f") (loop ${'nop '.repeat(250)} (call $big) unreachable)))`);
  expect(unpaidIn(hardened)).toEqual([]);
});

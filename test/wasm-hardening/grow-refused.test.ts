/** Whether an allocator that gave up did so because its memory may grow no further. */

import { describe, expect, test } from 'vitest';
import { GROW_REFUSED_EXPORT } from '../../src/wasm-hardening/reserved-exports.ts';
import { HardenedInstance, harden, OPEN_POLICY } from './support/hardened.ts';

const GROWER = `(module
  (memory 2 8)
  (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0))))`;

function grower(maxMemoryPages: number) {
  const instance = new HardenedInstance(harden(GROWER, { ...OPEN_POLICY, maxMemoryPages }));
  const refused = instance.get(GROW_REFUSED_EXPORT) as WebAssembly.Global<'i32'>;
  return (pages: number) => {
    const { outcome } = instance.call('grow', [pages]);
    return { outcome, refused: refused.value };
  };
}

describe('the mark of a refused memory.grow', () => {
  test('is set above what the policy allows, and not at it', () => {
    const grow = grower(5);
    expect(grow(3)).toEqual({ outcome: { value: 2 }, refused: 0 });
    expect(grow(1)).toEqual({ outcome: { value: -1 }, refused: 1 });
  });

  test('is set above what the module itself allows', () => {
    const grow = grower(256);
    expect(grow(7)).toEqual({ outcome: { value: -1 }, refused: 1 });
    expect(grow(6)).toEqual({ outcome: { value: 2 }, refused: 0 });
  });

  test('is set for a number of pages that would overflow', () => {
    expect(grower(5)(-1)).toEqual({ outcome: { value: -1 }, refused: 1 });
  });

  test('is taken back once the module grows by less', () => {
    const grow = grower(5);
    expect(grow(100).refused).toBe(1);
    expect(grow(0).refused).toBe(0);
  });

  test('is absent where there is no memory', () => {
    const instance = new HardenedInstance(harden('(module (func (export "run")))'));
    expect(instance.get(GROW_REFUSED_EXPORT)).toBeUndefined();
  });
});

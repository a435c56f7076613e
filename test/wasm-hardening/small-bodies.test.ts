import { describe, expect, test } from 'vitest';
import { SmallBodies } from '../../src/wasm-hardening/small-bodies.ts';
import { harden, instantiate } from './support/hardened.ts';
import { readModule } from './support/read-bodies.ts';

const SMALL = 49;
const LARGE = 50;

/** What is missing when so many small and large bodies have all grown large. */
function missing(small: number, large: number): number {
  const sizes = new SmallBodies();
  for (let index = 0; index < small; index++) sizes.add(SMALL, LARGE);
  for (let index = 0; index < large; index++) sizes.add(LARGE, LARGE);
  return sizes.missing;
}

describe('SmallBodies', () => {
  test('restores the share of small bodies', () => {
    expect(missing(40, 60)).toBe(67); // 67 of 167
    expect(missing(30, 70)).toBe(43); // 43 of 143
  });

  test('restores no more than one half, which is all that matters', () => {
    expect(missing(50, 50)).toBe(100);
    expect(missing(100, 0)).toBe(100);
  });

  test('raises a share that is smaller than 28 in a hundred to that', () => {
    expect(missing(0, 100)).toBe(39); // 39 of 139
    expect(missing(28, 72)).toBe(39);
    expect(missing(29, 71)).toBe(41);
  });

  test('adds nothing where nothing is missing, or nothing is there', () => {
    const sizes = new SmallBodies();
    expect(sizes.missing).toBe(0);
    sizes.addAppended(LARGE);
    expect(sizes.missing).toBe(0);
    sizes.add(SMALL, SMALL);
    expect(sizes.missing).toBe(0);
  });
});

describe('a hardened module', () => {
  test('ends with small functions that nobody can call', () => {
    const large = (name: string) =>
      `(func (export "${name}") ${'(drop (i32.const 1))'.repeat(30)})`;
    const names = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j'];
    const hardened = harden(`(module ${names.map(large).join('')})`);
    const added = readModule(hardened.bytes).bodies.slice(names.length + 3);
    expect(added.length).toBeGreaterThan(0);
    for (const { instructions } of added)
      expect(instructions.map(({ opcode }) => opcode)).toEqual([0x20, 0x0b]);
    expect(Object.keys(instantiate(hardened.bytes))).toEqual([...names, '__sallyport_fuel']);
  });
});

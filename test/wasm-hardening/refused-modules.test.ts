/**
 * Modules that must not get in: features that are refused by name, and bytes that are no module.
 */

import { describe, expect, test } from 'vitest';
import { rejection } from './support/hardened.ts';
import {
  type Bytes,
  body,
  HEADER,
  list,
  moduleOf,
  moduleWithBody,
  name,
  section,
  sized,
  VOID_TYPE,
} from './support/module-bytes.ts';
import { assemble, assembleRefused } from './support/wat.ts';

const ONE_PAGE = section(5, list([0, 1]));
const ONE_TABLE = section(4, list([0x70, 0, 1]));
const IMPORT_OF_KIND = (...kind: Bytes) => section(2, list([...name('m'), ...name('n'), ...kind]));

describe('a refused feature', () => {
  test.each([
    ['threads', '(module (memory 1 2 shared))'],
    ['threads', '(module (memory 1) (func (i32.atomic.store (i32.const 0) (i32.const 1))))'],
    ['memory64', '(module (memory i64 1))'],
    ['exceptions', '(module (tag $e))'],
    ['exceptions', '(module (func (try (do) (catch_all))))'],
    ['exceptions', '(module (import "m" "e" (tag)))'],
    [
      'relaxed SIMD',
      `(module (func (param v128) (result v128)
      (i32x4.relaxed_trunc_f32x4_s (local.get 0))))`,
    ],
    ['GC', '(module (type (struct (field i32))))'],
    ['GC', '(module (type (array i32)))'],
    ['GC', '(module (type $t (func)) (func (param (ref $t))))'],
  ])('is called by its name: %s in %s', (feature, wat) => {
    expect(rejection(assembleRefused(wat)).message).toContain(feature);
  });

  test.each<[string, string, Uint8Array]>([
    ['threads', 'a shared global', moduleOf(section(6, list([0x7f, 2, 0x41, 0, 0x0b])))],
    ['threads', 'a shared table', moduleOf(section(4, list([0x70, 3, 1, 2])))],
    ['memory64', 'a 64-bit table', moduleOf(section(4, list([0x70, 4, 1])))],
    ['multi-memory', 'two memories', moduleOf(section(5, list([0, 1], [0, 1])))],
    [
      'multi-memory',
      'an access to a second memory',
      moduleWithBody([0x41, 0, 0x28, 0x42, 1, 0, 0x1a], [ONE_PAGE]),
    ],
    ['GC', 'a recursive type', moduleOf(section(1, list([0x4e, 1, 0x60, 0, 0])))],
    ['GC', 'a subtype', moduleOf(section(1, list([0x50, 0, 0x60, 0, 0])))],
    [
      'GC',
      'a typed reference as local',
      moduleOf(VOID_TYPE, section(3, list([0])), section(10, list(sized([1, 1, 0x64, 0, 0x0b])))),
    ],
    ['GC', 'an anyref', moduleWithBody([0xd0, 0x6e, 0x1a])],
    ['GC', 'a block of anyref', moduleWithBody([0x00, 0x02, 0x6e, 0x0b, 0x1a])],
    ['GC', 'an allocation', moduleWithBody([0xfb, 0, 0, 0x1a])],
    ['GC', 'a call by reference', moduleWithBody([0x00, 0x14, 0])],
    [
      'GC',
      'a table with an initialiser',
      moduleOf(section(4, list([0x40, 0, 0x70, 0, 1, 0xd0, 0x70, 0x0b]))),
    ],
    [
      'GC',
      'an allocation in an initialiser',
      moduleOf(section(6, list([0x7f, 0, 0xfb, 0, 0, 0x0b]))),
    ],
    ['exceptions', 'try_table', moduleWithBody([0x1f, 0x40, 0, 0x0b])],
    ['exceptions', 'throw_ref', moduleWithBody([0x00, 0x0a])],
    ['exceptions', 'an exnref', moduleWithBody([0xd0, 0x69, 0x1a])],
    ['exceptions', 'an exported tag', moduleOf(section(7, list([...name('e'), 4, 0])))],
    ['stack switching', 'resume', moduleWithBody([0x00, 0xe3, 0, 0])],
    ['relaxed SIMD', 'the first opcode of it', moduleWithBody([0xfd, 0x80, 0x02])],
    ['components', 'the header of one', Uint8Array.of(0, 0x61, 0x73, 0x6d, 0x0d, 0, 1, 0)],
  ])('is called by its name: %s in %s', (feature, _, bytes) => {
    expect(rejection(bytes).message).toContain(feature);
  });

  test('is not looked for in what is dropped: custom sections may hold anything', () => {
    const bytes = moduleOf(section(0, [...name('x'), 0xfe, 0xfb, 0xff]));
    expect(() => rejection(bytes)).toThrow('the module was accepted');
  });
});

describe('an import', () => {
  test.each([
    ['table', [1, 0x70, 0, 1]],
    ['memory', [2, 0, 1]],
    ['global', [3, 0x7f, 0]],
    ['unknown kind', [9, 0]],
  ])('must be a function, not a %s', (_, kind) => {
    expect(rejection(moduleOf(VOID_TYPE, IMPORT_OF_KIND(...kind))).message).toContain(
      'import "m" "n" must be a function',
    );
  });

  test('is quoted in a message without its control characters, and cut short', () => {
    const hostile = `\u001b[2J\u202e${'x'.repeat(500)}`;
    const bytes = moduleOf(VOID_TYPE, section(2, list([...name(hostile), ...name(''), 2, 0, 1])));
    const { message } = rejection(bytes);
    expect(message).toMatch(/^[ -~]+$/);
    expect(message.length).toBeLessThan(250);
  });
});

describe('an export', () => {
  test.each(['__sallyport_fuel', '__sallyport_start', '__sallyport_', '__sallyport_x'])(
    'must not have the reserved name %s',
    (reserved) => {
      expect(rejection(`(module (func (export "${reserved}")))`).message).toContain(
        `export "${reserved}" must not begin with "__sallyport_"`,
      );
    },
  );

  test('may have a name that only resembles a reserved one', () => {
    const similar = '(module (func (export "_sallyport_fuel")) (func (export "__sallyport")))';
    expect(() => rejection(similar)).toThrow('the module was accepted');
  });

  test.each([
    ['function', 0],
    ['table', 1],
    ['memory', 2],
    ['global', 3],
  ])('must name a %s that is there', (kind, code) => {
    const bytes = moduleOf(section(7, list([...name('x'), code, 0])));
    expect(rejection(bytes).message).toContain(`${kind} index 0 must be below 0`);
  });
});

describe('what is not valid, and adding exports could have made valid', () => {
  test.each<[string, Uint8Array, string]>([
    [
      'a start function that takes something',
      moduleOf(
        section(1, list([0x60, 1, 0x7f, 0])),
        section(3, list([0])),
        section(8, [0]),
        section(10, list(body())),
      ),
      'start function 0 must take and answer nothing',
    ],
    [
      'a start function that answers something',
      moduleOf(
        section(1, list([0x60, 0, 1, 0x7f])),
        section(3, list([0])),
        section(8, [0]),
        section(10, list(body(0x41, 0))),
      ),
      'start function 0 must take and answer nothing',
    ],
    [
      'a reference to a function that is only started',
      moduleWithBody([0xd2, 0, 0x1a], [section(8, [0])]),
      'function 0 must be declared as one that is referred to',
    ],
    [
      'a memory larger than any',
      moduleOf(section(5, list([1, 0, 0x81, 0x80, 0x04]))),
      'maximum 65537 of the memory must be at most 65536',
    ],
  ])('is refused: %s', (_, bytes, message) => {
    expect(WebAssembly.validate(Uint8Array.from(bytes))).toBe(false);
    expect(rejection(bytes).message).toContain(message);
  });

  test('is not confused with what is valid', () => {
    const largest = moduleOf(section(5, list([1, 0, 0x80, 0x80, 0x04])));
    const exported = moduleWithBody([0xd2, 0, 0x1a], [section(7, list([...name('f'), 0, 0]))]);
    for (const bytes of [largest, exported])
      expect(() => rejection(bytes)).toThrow('the module was accepted');
  });
});

describe('a malformed module', () => {
  const CODE = section(10, list(body()));
  const FUNCTION = section(3, list([0]));

  test.each<[string, Uint8Array, number]>([
    ['nothing', Uint8Array.of(), 0],
    ['a header cut short', Uint8Array.from(HEADER.slice(0, 7)), 4],
    ['another kind of file', Uint8Array.of(0x7f, 0x45, 0x4c, 0x46, 1, 0, 0, 0), 0],
    ['a later version', Uint8Array.of(0, 0x61, 0x73, 0x6d, 2, 0, 0, 0), 4],
    ['a section that ends too late', Uint8Array.from([...HEADER, 1, 5, 0]), 10],
    ['a section that ends too early', moduleOf(section(1, [1])), 11],
    ['a section with bytes left over', moduleOf(section(1, [0, 0])), 11],
    ['a section twice', moduleOf(VOID_TYPE, VOID_TYPE), 14],
    ['sections out of order', moduleOf(FUNCTION, VOID_TYPE), 12],
    ['a data count behind the code', moduleOf(VOID_TYPE, FUNCTION, CODE, section(12, [0])), 24],
    ['an unknown section', moduleOf(section(99, [])), 8],
    ['a size that is no LEB128', Uint8Array.from([...HEADER, 1, ...Array(6).fill(0x80)]), 9],
    ['a function without a body', moduleOf(VOID_TYPE, FUNCTION), -1],
    ['a body without a function', moduleOf(VOID_TYPE, CODE), 16],
    ['a function of no type', moduleOf(FUNCTION, CODE), 11],
    ['a body that goes on behind its end', moduleWithBody([0x0b, 0x01]), 24],
    ['a body without an end', moduleOf(VOID_TYPE, FUNCTION, section(10, list([2, 0, 1]))), 24],
    ['a body larger than its section', moduleOf(VOID_TYPE, FUNCTION, section(10, [1, 9, 0])), 22],
    ['else outside of if', moduleWithBody([0x02, 0x40, 0x05, 0x0b]), 26],
    ['a branch out of the function', moduleWithBody([0x0c, 1]), 24],
    ['an unknown opcode', moduleWithBody([0xff]), 23],
    ['a later opcode of the bulk prefix', moduleWithBody([0xfc, 18]), 23],
    ['a gap in the SIMD opcodes', moduleWithBody([0xfd, 0x9a, 0x01]), 23],
    ['a block type of more than a byte', moduleWithBody([0x02, 0xff, 0x7f, 0x0b]), 24],
    ['a constant that is no LEB128', moduleWithBody([0x41, ...Array(5).fill(0xff), 0]), 24],
    ['an alignment that is none', moduleWithBody([0x00, 0x28, 5, 0], [ONE_PAGE]), 30],
    ['an access without a memory', moduleWithBody([0x00, 0x28, 0, 0]), 25],
    ['memory.init without a data count', moduleWithBody([0xfc, 8, 0, 0], [ONE_PAGE]), 30],
    ['a table that is not there', moduleWithBody([0x41, 0, 0x25, 1, 0x1a], [ONE_TABLE]), 32],
    ['a second table that is not there', moduleWithBody([0xfc, 14, 0, 1], [ONE_TABLE]), 32],
    ['an element segment that is not there', moduleWithBody([0xfc, 13, 0]), 25],
    ['a local that is not there', moduleWithBody([0x20, 0]), 24],
    ['a mutability that is none', moduleOf(section(6, list([0x7f, 4, 0x41, 0, 0x0b]))), 12],
    ['a call in an initialiser', moduleOf(section(6, list([0x7f, 0, 0x10, 0, 0x0b]))), 13],
    ['size flags that are none', moduleOf(section(5, list([8, 1]))), 11],
    ['a minimum above the maximum', moduleOf(section(5, list([1, 3, 2]))), 11],
    ['a start function that is not there', moduleOf(section(8, [0])), 10],
    ['element flags that are none', moduleOf(section(9, list([8]))), 11],
    ['elements for no table', moduleOf(section(9, list([0, 0x41, 0, 0x0b, 0]))), 11],
    ['data for no memory', moduleOf(section(11, list([0, 0x41, 0, 0x0b, 0]))), 11],
    ['data flags that are none', moduleOf(section(11, list([3]))), 11],
    ['a data count that is wrong', moduleOf(section(12, [1])), -1],
    ['an export name that is not UTF-8', moduleOf(section(7, list([1, 0xff, 0, 0]))), 12],
    ['a custom section without a name', moduleOf(section(0, [])), 10],
  ])('is refused where it goes wrong: %s', (_, bytes, offset) => {
    const refused = rejection(bytes);
    expect(refused.code).toBe('wasm_rejected');
    expect(refused.offset ?? -1).toBe(offset);
    expect(refused.message).toMatch(
      /^Cannot harden module(?: at byte \d+)?: [^.]+ must [^.]+[^.]$/,
    );
  });

  test('is refused wherever it is cut off, but for the ends of its sections', () => {
    const whole = assemble(`(module
      (import "m" "f" (func (param i64)))
      (memory 1) (table 2 funcref) (global i32 (i32.const 5))
      (func $g (param i32) (result i32) (local i64)
        (block (br_table 0 0 (local.get 0)))
        (i32.load offset=4 (local.get 0)))
      (elem (i32.const 0) $g)
      (data (i32.const 0) "hello"))`);
    const accepted = Array.from({ length: whole.length }, (_, length) => length).filter(
      (length) => {
        try {
          rejection(whole.subarray(0, length));
          return false;
        } catch {
          return true;
        }
      },
    );
    expect(accepted.every((length) => isSectionEnd(whole, length))).toBe(true);
    expect(accepted.every((length) => WebAssembly.validate(whole.slice(0, length)))).toBe(true);
  });
});

/** Whether a section of this module, all of them below 128 bytes, ends at `length`. */
function isSectionEnd(bytes: Uint8Array, length: number): boolean {
  let position = 8;
  while (position < length) position += 2 + (bytes[position + 1] ?? 0);
  return position === length;
}

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Label } from '../../../src/core/policy/labels.ts';
import type { JsonObject, JsonValue } from '../../../src/core/primitives/json.ts';
import {
  type HiddenValues,
  isHandle,
  listHandles,
  mentionsHandle,
  toHandle,
} from '../../../src/core/provenance/handle.ts';
import { resolveHandles } from '../../../src/core/provenance/resolve-handles.ts';

const A = toHandle('a'.repeat(64));
const B = toHandle('b'.repeat(64));
const SECRET: Label = { integrity: 'trusted', confidentiality: 'secret' };
const OUTSIDE: Label = { integrity: 'untrusted', confidentiality: 'public' };
const LIMITS = { maxChars: 100, maxDepth: 5 };

const HANDLES: HiddenValues = {
  [A]: { value: 'hello', label: OUTSIDE },
  [B]: { value: { list: [1, { c: 'x' }] }, label: SECRET, isVouched: true },
};

const resolve = (args: JsonObject, handles = HANDLES) => resolveHandles(args, handles, LIMITS);

describe('toHandle()', () => {
  test('is found in a text, whole, and however it is written', () => {
    expect(isHandle(A)).toBe(true);
    expect(isHandle(`${A} `)).toBe(false);
    expect(isHandle(`${A}0`)).toBe(false);
    expect(isHandle(A.slice(0, -1))).toBe(false);
    expect(mentionsHandle(A.toUpperCase())).toBe(true);
    expect(mentionsHandle('sallyport: a handle')).toBe(false);
    expect(listHandles(`x ${A}, ${B}${A}`)).toEqual([A, B]);
  });
});

describe('resolveHandles()', () => {
  test('leaves arguments without handles alone', () => {
    const args = { a: 'x', b: [1, null, { c: true }] };
    const resolved = resolve(args);
    expect(resolved).toEqual({ ok: true, value: { args } });
    expect(resolved.ok && resolved.value.args).toBe(args);
  });

  test('puts values in their places, and says where and what they are', () => {
    expect(resolve({ a: A, 'b/c': [0, B], d: A })).toEqual({
      ok: true,
      value: {
        args: { a: 'hello', 'b/c': [0, { list: [1, { c: 'x' }] }], d: 'hello' },
        handedOn: {
          places: [
            { pointer: '/a', isVouched: false },
            { pointer: '/b~1c/1', isVouched: true },
            { pointer: '/d', isVouched: false },
          ],
          label: { integrity: 'untrusted', confidentiality: 'secret' },
        },
      },
    });
  });

  test('refuses handles that nobody has made, and what only holds one', () => {
    expect(resolve({ a: A }, {})).toMatchObject({ error: 'unknown_handle' });
    expect(resolve({ a: toHandle('c'.repeat(32)) })).toMatchObject({ error: 'unknown_handle' });
    for (const text of [`see ${A}`, `${A}.`, A + B, A.toUpperCase(), 'sallyport:handle:']) {
      expect(resolve({ a: [text] })).toMatchObject({ error: 'misplaced_handle' });
      expect(resolve({ a: { [text]: 1 } })).toMatchObject({ error: 'misplaced_handle' });
    }
    expect(resolve({ [A]: 1 })).toMatchObject({ error: 'misplaced_handle' });
  });

  test('does not look for handles within what it has put in', () => {
    const nested: HiddenValues = { [A]: { value: B, label: OUTSIDE } };
    expect(resolve({ a: A }, nested)).toMatchObject({ value: { args: { a: B } } });
  });

  test('keeps what handles stand for within the limits of arguments', () => {
    const full: HiddenValues = { [A]: { value: 'x'.repeat(50), label: OUTSIDE } };
    expect(resolve({ a: [A, A] }, full).ok).toBe(true);
    expect(resolve({ a: [A, A, A] }, full)).toMatchObject({ error: 'too_large' });
    // The arguments themselves are the first level, and the value has three.
    expect(resolve({ a: [B] }).ok).toBe(true);
    expect(resolve({ a: [[B]] })).toMatchObject({ error: 'too_deep' });
  });

  test('takes no name of an object’s own for a handle', () => {
    expect(resolve({ a: '__proto__', b: 'constructor' })).toMatchObject({ ok: true });
    const parsed = JSON.parse('{"a":{"__proto__":{"b":1}}}') as JsonObject;
    const withHandle = resolve({ ...parsed, c: A });
    expect(withHandle.ok && JSON.stringify(withHandle.value.args)).toBe(
      '{"a":{"__proto__":{"b":1}},"c":"hello"}',
    );
  });

  test('changes nothing but whole handles, in arguments of every shape', () => {
    const value = fc.jsonValue({ maxDepth: 3 }) as fc.Arbitrary<JsonValue>;
    fc.assert(
      fc.property(fc.dictionary(fc.string(), value), (args) => {
        const resolved = resolveHandles({ ...args, h: A }, HANDLES, {
          maxChars: 100,
          maxDepth: 32,
        });
        expect(resolved.ok && resolved.value.args).toEqual({ ...args, h: 'hello' });
      }),
    );
  });
});

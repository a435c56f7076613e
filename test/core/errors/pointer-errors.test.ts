import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import {
  MAX_POINTER_ERRORS,
  pointerError,
  readShape,
  toPointerErrors,
} from '../../../src/core/errors/pointer-errors.ts';

const shape = z.strictObject({
  name: z.string().min(2).max(3),
  age: z.int().min(1).max(9),
  tags: z.array(z.string()).max(1),
  mode: z.enum(['a', 'b']),
  rates: z.record(z.string().regex(/^k/, 'must begin with k'), z.number()),
  either: z.union([z.string(), z.number()]),
  shapes: z.xor([
    z.strictObject({ kind: z.literal('one'), text: z.string() }),
    z.strictObject({ kind: z.literal('two'), text: z.number(), more: z.array(z.int()).max(1) }),
    z.strictObject({ texts: z.array(z.string()).max(2) }),
  ]),
});
const good = {
  name: 'ab',
  age: 1,
  tags: [],
  mode: 'a',
  rates: {},
  either: 1,
  shapes: { texts: [] },
};

const errorsOf = (value: unknown) => {
  const read = readShape<unknown>(shape, value);
  return read.ok ? [] : read.error;
};

describe('readShape()', () => {
  test('gives the value when all is well', () => {
    expect(readShape<unknown>(shape, good)).toEqual({ ok: true, value: good });
  });

  test.each([
    [{ name: 'a' }, '/name', 'must have at least 2 characters'],
    [{ name: 'abcd' }, '/name', 'must have at most 3 characters'],
    [{ name: undefined }, '/name', 'must be present'],
    [{ name: 7 }, '/name', 'must be string'],
    [{ age: 10 }, '/age', 'must be at most 9'],
    [{ age: 1.5 }, '/age', 'must be int'],
    [{ tags: ['a', 'b'] }, '/tags', 'must have at most 1 items'],
    [{ tags: [1] }, '/tags/0', 'must be string'],
    [{ mode: 'c' }, '/mode', 'must be one of "a", "b"'],
    [{ rates: { x: 1 } }, '/rates/x', 'must have a name that must begin with k'],
    [{ either: [] }, '/either', 'must have one of the documented shapes'],
    [{ shapes: [] }, '/shapes', 'must have one of the documented shapes'],
    [{ shapes: { kind: 'three', text: 1 } }, '/shapes', 'must have one of the documented shapes'],
    [{ shapes: { kind: 'one', text: 1 } }, '/shapes/text', 'must be string'],
    [{ shapes: { texts: ['', '', ''] } }, '/shapes/texts', 'must have at most 2 items'],
    [{ shapes: { texts: ['', 1] } }, '/shapes/texts/1', 'must be string'],
    [{ shapes: { kind: 'two', text: 1 } }, '/shapes/more', 'must be present'],
    [{ 'a/b~c': 1 }, '/a~1b~0c', 'must not be present'],
  ])('of %j says where and what', (change, pointer, detail) => {
    expect(errorsOf({ ...good, ...change })).toEqual([{ pointer, detail }]);
  });

  test('reports everything at once, and repeats no value', () => {
    const errors = errorsOf({ name: 'hunter2', mode: 'hunter2', extra: 'hunter2' });
    expect(errors.map(({ pointer }) => pointer)).toEqual(
      expect.arrayContaining(['/name', '/age', '/tags', '/mode', '/rates', '/either', '/extra']),
    );
    expect(JSON.stringify(errors)).not.toContain('hunter2');
  });

  test('reports at most a hundred errors', () => {
    const many = Object.fromEntries(Array.from({ length: 500 }, (_, index) => [`x${index}`, 1]));
    expect(errorsOf({ ...good, ...many })).toHaveLength(MAX_POINTER_ERRORS);
  });
});

test('toPointerErrors() reads what zod reports by itself', () => {
  const read = z.object({ a: z.string() }).safeParse({ a: 1 });
  expect(read.success ? [] : toPointerErrors(read.error)).toEqual([
    { pointer: '/a', detail: 'must be string' },
  ]);
});

test('pointerError() cuts a pointer that a stranger made long', () => {
  expect(pointerError(['x'.repeat(10_000)], '').pointer.length).toBeLessThan(300);
});

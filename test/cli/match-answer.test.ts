import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Expectation } from '../../src/cli/cases/case-file.ts';
import { type CallEnd, findMismatch } from '../../src/cli/cases/match-answer.ts';
import type { JsonValue } from '../../src/core/primitives/json.ts';

const answered = (text: string): CallEnd => ({ kind: 'answered', text });
const result = (value: JsonValue): Expectation => ({ kind: 'result', value });
const matches = (value: JsonValue): Expectation => ({ kind: 'matches', value });
const DENIED: Expectation = { kind: 'denied', check: 'dispatch', reason: 'fuel' };

describe('findMismatch() of a result', () => {
  test('compares JSON as values, whatever the layout and the order of members', () => {
    const end = answered('{ "b": [1, 2.0],\n"a": "x" }');
    expect(findMismatch(result({ a: 'x', b: [1, 2] }), end)).toBeUndefined();
  });

  test('compares text as text', () => {
    expect(findMismatch(result('<p>hi</p>'), answered('<p>hi</p>'))).toBeUndefined();
    expect(findMismatch(result('hi'), answered('"hi"'))).toBeUndefined();
    expect(findMismatch(result('{}'), answered('{}'))).toBeUndefined();
    expect(findMismatch(result('hi'), answered('hi '))).toBe('expected "hi", got "hi "');
  });

  test.each<[JsonValue, string, string]>([
    [{ a: { b: [1, 2] } }, '{"a":{"b":[1,3]}}', '/a/b/1: expected 2, got 3'],
    [{ a: 1 }, '{"a":1,"b":2}', '/b: expected nothing, got 2'],
    [{ a: 1, b: 2 }, '{"a":1}', '/b: expected 2, got nothing'],
    [[1, 2], '[1]', 'expected [1,2], got [1]'],
    [{ 'a/b': 1 }, '{"a/b":2}', '/a~1b: expected 1, got 2'],
    [{ a: null }, '{"a":0}', '/a: expected null, got 0'],
    [{ a: 1 }, 'not JSON', 'expected {"a":1}, got "not JSON"'],
  ])('says where %j and %j part', (value, text, mismatch) => {
    expect(findMismatch(result(value), answered(text))).toBe(mismatch);
  });

  test('a name that objects have by nature is a name like any other', () => {
    const proto = JSON.parse('{"__proto__": 1}') as JsonValue;
    expect(findMismatch(result(proto), answered('{"__proto__": 1}'))).toBeUndefined();
    expect(findMismatch(result(proto), answered('{}'))).toContain('/__proto__');
    expect(findMismatch(matches({ constructor: 1 }), answered('{}'))).toContain('got nothing');
  });

  test('holds of any JSON with itself, and of its parts', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 4 }), (value) => {
        const text = JSON.stringify(value);
        expect(findMismatch(result(JSON.parse(text)), answered(text))).toBeUndefined();
        expect(findMismatch(matches(JSON.parse(text)), answered(text))).toBeUndefined();
      }),
    );
  });
});

describe('findMismatch() of a part', () => {
  test('asks for the named members only, at any depth, and for parts of texts', () => {
    const end = answered('{"greeting":"Hello, Ada!","more":{"n":1,"m":2}}');
    expect(findMismatch(matches({ greeting: 'Ada', more: { n: 1 } }), end)).toBeUndefined();
    expect(findMismatch(matches({ greeting: 'Bob' }), end)).toBe(
      '/greeting: expected text with "Bob", got "Hello, Ada!"',
    );
  });

  test('asks for all items of a list', () => {
    expect(findMismatch(matches([{ a: 1 }]), answered('[{"a":1,"b":2}]'))).toBeUndefined();
    expect(findMismatch(matches([{ a: 1 }]), answered('[{"a":1},{"a":1}]'))).toBeDefined();
  });
});

describe('findMismatch() of a denial', () => {
  test('asks for check and reason', () => {
    expect(findMismatch(DENIED, { ...DENIED, kind: 'denied' })).toBeUndefined();
    expect(findMismatch(DENIED, { kind: 'denied', check: 'dispatch', reason: 'trap' })).toBe(
      'expected a denial (dispatch, fuel), got another (dispatch, trap)',
    );
    expect(findMismatch(DENIED, answered('{}'))).toBe(
      'expected a denial (dispatch, fuel), got "{}"',
    );
  });

  test('a denial is never a result', () => {
    const end: CallEnd = { kind: 'denied', check: 'dispatch', reason: 'fuel' };
    expect(findMismatch(result({}), end)).toBe('it was denied: dispatch, fuel');
    expect(findMismatch(matches({}), end)).toBeDefined();
  });
});

test('what the gateway refused or broke passes no case', () => {
  const end: CallEnd = { kind: 'refused', detail: '500 internal' };
  for (const expected of [result({}), matches({}), DENIED]) {
    expect(findMismatch(expected, end)).toBe('the gateway refused it: 500 internal');
  }
});

test('an answer that is nested without end is no JSON to compare, and ends nothing', () => {
  const deep = '['.repeat(100_000) + ']'.repeat(100_000);
  expect(findMismatch(result([]), answered(deep))).toMatch(/^expected \[\], got .{200,300}$/);
});

import { Validator } from '@cfworker/json-schema';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { MAX_VIOLATIONS } from '../../../../src/core/checks/schema/evaluation.ts';
import { VALUE_LIMITS, validateValue } from '../../../../src/core/checks/schema/validate-value.ts';
import { cpuMs } from '../../../support/cpu-ms.ts';
import { admit } from './admit.ts';

/** `pointer detail` of each violation. */
function violations(schema: object, value: unknown): string[] {
  const result = validateValue(admit(schema), value as never);
  return result.ok ? [] : result.error.map(({ pointer, detail }) => `${pointer} ${detail}`.trim());
}

const accepts = (schema: object, value: unknown) => violations(schema, value).length === 0;

const TOOL = {
  type: 'object',
  required: ['path'],
  properties: {
    path: { type: 'string', format: 'path', minLength: 1 },
    mode: { enum: ['read', 'write', null, { deep: [1] }] },
    limit: { type: 'integer', minimum: 1, maximum: 10 },
    tags: { type: 'array', items: { type: 'string', pattern: '^[a-z]+$' }, maxItems: 2 },
    headers: { type: 'object', additionalProperties: { type: 'string' } },
  },
};

describe('validateValue()', () => {
  test.each([
    [{ path: '/a' }],
    [{ path: '/a', mode: 'read', limit: 10, tags: ['a', 'b'], headers: { x: 'y' } }],
    [{ path: '/a', mode: null }],
    [{ path: '/a', mode: { deep: [1] } }],
    [{ path: '/a', limit: 3.0 }],
  ])('accepts %j', (value) => {
    expect(violations(TOOL, value)).toEqual([]);
  });

  test.each([
    [{}, 'it must have the member "path"'],
    [[], 'it must be of type object'],
    [null, 'it must be of type object'],
    ['{}', 'it must be of type object'],
    [{ path: 1 }, '/path it must be of type string'],
    [{ path: '' }, '/path it must have at least 1 characters'],
    [{ path: '/a', limit: '3' }, '/limit it must be of type integer'],
    [{ path: '/a', limit: true }, '/limit it must be of type integer'],
    [{ path: '/a', limit: 3.5 }, '/limit it must be of type integer'],
    [{ path: '/a', limit: 0 }, '/limit it must be at least 1'],
    [{ path: '/a', limit: 11 }, '/limit it must be at most 10'],
    [{ path: '/a', mode: 'READ' }, '/mode it must be one of the listed values'],
    [{ path: '/a', mode: { deep: ['1'] } }, '/mode it must be one of the listed values'],
    [{ path: '/a', tags: ['a', 'B'] }, '/tags/1 it must match the pattern'],
    [{ path: '/a', tags: ['a', 'b', 'c'] }, '/tags it must have at most 2 items'],
    [{ path: '/a', headers: { x: 1 } }, '/headers it must be of type string'],
    [{ path: '/a', more: 1 }, 'it must have only members that its schema declares'],
    [{ path: '/a', Path: '/b' }, 'it must have only members that its schema declares'],
  ])('refuses %j, without coercing it', (value, violation) => {
    expect(violations(TOOL, value)).toEqual([violation]);
  });

  test('reports all violations at once, up to a bound', () => {
    expect(violations(TOOL, { path: 1, limit: 0, more: 1 })).toHaveLength(3);
    expect(violations({ items: { type: 'null' } }, Array(100).fill(1))).toHaveLength(
      MAX_VIOLATIONS,
    );
  });

  test('quotes nothing of the value: neither texts, nor numbers, nor undeclared names', () => {
    const schema = {
      properties: {
        a: { type: 'integer', enum: [1], multipleOf: 2, maximum: 3, not: {} },
        b: { type: 'object', maxLength: 3, pattern: '^x$', format: 'uuid', const: 'y' },
        c: {
          additionalProperties: { properties: { d: { const: 1 } } },
          propertyNames: { maxLength: 2 },
        },
        e: {
          uniqueItems: true,
          maxItems: 3,
          contains: { type: 'null' },
          items: { type: 'object' },
        },
      },
    };
    const secret = 'hunter2';
    const value = {
      a: 41.5,
      b: secret,
      c: { [secret]: { d: secret } },
      e: [secret, secret],
      [secret]: 1,
    };
    const found = violations(schema, value);
    expect(found.length).toBeGreaterThan(10);
    expect(found.join('\n')).not.toMatch(/hunter2|41/);
    expect(found).toContain('/c it must be the listed value');
  });

  test.each([
    [{ properties: { a: {} } }, true],
    [{ properties: { a: {} }, additionalProperties: true }, false],
    [{ properties: { a: {} }, additionalProperties: { type: 'integer' } }, false],
    [{ properties: { a: {} }, unevaluatedProperties: true }, false],
    [{ allOf: [{ properties: { a: {} } }] }, true],
    [{ $ref: '#/$defs/t', $defs: { t: { properties: { a: {} } } } }, true],
    [{ anyOf: [{ properties: { a: {} } }, { properties: { b: {} } }] }, false],
    [{ patternProperties: { '^[ab]$': {} } }, false],
    [{ type: 'object' }, true],
    [{}, true],
  ])('is closed at the top unless the schema opens it: %j', (schema, isClosed) => {
    expect(accepts(schema, { a: 1, b: 2 })).toBe(!isClosed);
  });

  test('leaves nested objects as open as JSON Schema has them', () => {
    const schema = { properties: { a: { properties: { b: {} } } } };
    expect(accepts(schema, { a: { b: 1, c: 2 } })).toBe(true);
    expect(accepts({ items: { $ref: '#' }, properties: { a: {} } }, [{ b: 1 }])).toBe(true);
  });

  test('reports a wrong member of an alternative once, not also as undeclared', () => {
    const schema = { allOf: [{ properties: { a: { type: 'string' } } }] };
    expect(violations(schema, { a: 1 })).toEqual(['/a it must be of type string']);
  });

  test.each(['__proto__', 'constructor', 'prototype'])('refuses a member named %s', (name) => {
    const value = JSON.parse(`{"a":{"${name}":{}}}`);
    expect(violations({ additionalProperties: true }, value)).toEqual([
      'its keys must not be "__proto__", "constructor" or "prototype"',
    ]);
  });

  test('is not confused by the names of an object’s own methods', () => {
    const schema = { properties: { toString: { type: 'integer' } }, required: ['valueOf'] };
    expect(violations(schema, {})).toEqual(['it must have the member "valueOf"']);
    expect(accepts({ properties: { toString: { type: 'integer' } } }, {})).toBe(true);
    expect(accepts({ dependentRequired: { toString: ['a'] } }, {})).toBe(true);
  });

  test('accepts a value at each bound, and none beyond it', () => {
    const any = { additionalProperties: true };
    const text = 'a'.repeat(VALUE_LIMITS.maxBytes - 2);
    expect(accepts(any, text)).toBe(true);
    expect(violations(any, `${text}a`)).toEqual(['it must be smaller']);
    expect(accepts(any, Array(VALUE_LIMITS.maxNodes - 1).fill(0))).toBe(true);
    expect(violations(any, Array(VALUE_LIMITS.maxNodes).fill(0))).toEqual([
      'it must hold fewer values',
    ]);
    const deep = (depth: number) => JSON.parse('['.repeat(depth) + ']'.repeat(depth));
    expect(accepts(any, deep(VALUE_LIMITS.maxDepth))).toBe(true);
    expect(violations(any, deep(VALUE_LIMITS.maxDepth + 1))).toEqual([
      'it must be nested less deeply',
    ]);
  });

  test('follows a recursive schema down the deepest value', () => {
    const tree = { properties: { next: { $ref: '#' }, n: { type: 'integer' } } };
    let value: object = { n: 'no' };
    for (let depth = 1; depth < VALUE_LIMITS.maxDepth; depth++) value = { next: value };
    expect(violations(tree, value)).toEqual([`${'/next'.repeat(63)}/n it must be of type integer`]);
  });

  test.each([
    ['a', 1, true],
    ['😀', 1, true],
    ['😀😀', 1, false],
    ['e\u0301', 1, false],
  ])('counts the characters of %j as code points', (text, maxLength, isAccepted) => {
    expect(accepts({ maxLength }, text)).toBe(isAccepted);
    expect(accepts({ minLength: maxLength + 1 }, text)).toBe(!isAccepted);
  });

  test.each([
    [0.0075, 0.0001, true],
    [0.3, 0.1, true],
    [0.35, 0.1, false],
    [1e300, 7e-300, false],
    [1e300, 1e-300, true],
    [-6, 3, true],
    [0, 5, true],
    [12345678901234, 0.01, true],
  ])('finds whether %d is a multiple of %d: %s', (value, multipleOf, isMultiple) => {
    expect(accepts({ multipleOf }, value)).toBe(isMultiple);
  });
});

describe('the work of validateValue()', () => {
  /** Milliseconds; a generous bound for a slow machine. */
  const SOON = 2_000;

  function timed(schema: object, value: unknown): boolean {
    let isAccepted = false;
    const spent = cpuMs(() => {
      isAccepted = accepts(schema, value);
    });
    expect(spent).toBeLessThan(SOON);
    return isAccepted;
  }

  test('is bounded for a schema that doubles it with each level of the value', () => {
    const branch = { items: { $ref: '#/$defs/node' } };
    const schema = { $ref: '#/$defs/node', $defs: { node: { allOf: [branch, branch] } } };
    const deep = (depth: number) => JSON.parse(`${'['.repeat(depth)}1${']'.repeat(depth)}`);
    expect(timed(schema, deep(8))).toBe(true);
    expect(timed(schema, deep(60))).toBe(false);
  });

  test('is bounded for patterns on long texts, many texts, and many branches', () => {
    const spaces = ' '.repeat(200_000);
    expect(timed({ pattern: '\\s+$' }, `${spaces}x`)).toBe(false);
    expect(timed({ pattern: '^\\s+$' }, spaces)).toBe(true);
    const email = { pattern: '^[^@\\s]+@[^@\\s]+\\.[^@\\s]+$' };
    expect(timed({ items: email }, Array(2_000).fill('somebody@mail.example.com'))).toBe(true);
    const branches = Array.from({ length: 60 }, (_, i) => ({ pattern: `^[a-z ]*${i}$` }));
    expect(timed({ items: { anyOf: branches } }, Array(100).fill('a'.repeat(2_000)))).toBe(false);
  });

  test('is bounded for large enumerations, unique lists and wide objects', () => {
    const big = Array.from({ length: 900 }, (_, i) => [i]);
    expect(timed({ items: { enum: big } }, Array(3_000).fill([899]))).toBe(true);
    const unique = { uniqueItems: true, maxItems: 256 };
    expect(
      timed(
        unique,
        Array.from({ length: 256 }, (_, i) => 'a'.repeat(900) + i),
      ),
    ).toBe(true);
    const wide = Object.fromEntries(Array.from({ length: 5_000 }, (_, i) => [`k${i}`, i]));
    const layers = Array.from({ length: 60 }, () => ({ additionalProperties: { type: 'number' } }));
    timed({ allOf: layers }, wide);
  });

  test('leaves enough for the largest value and a thorough schema', () => {
    const item = {
      type: 'object',
      properties: {
        id: { type: 'integer', minimum: 0 },
        name: { type: 'string', maxLength: 80, pattern: '^[a-z0-9 ]+$' },
        kind: { enum: ['a', 'b', 'c'] },
        value: { anyOf: [{ type: 'null' }, { type: 'number' }, { type: 'string' }] },
      },
      required: ['id', 'name'],
      additionalProperties: false,
    };
    const list = Array.from({ length: 1_900 }, (_, id) => ({
      id,
      name: `n ${id}`,
      kind: 'c',
      value: 'v',
    }));
    expect(timed({ items: item }, list)).toBe(true);
  });
});

describe('an independent validator', () => {
  const scalar = fc.constantFrom<unknown>(null, true, 0, 1, 1.5, -2, '', 'a', 'ab', 'b');
  const { value } = fc.letrec((tie) => ({
    value: fc.oneof(
      { depthSize: 'small' },
      scalar,
      fc.array(tie('value'), { maxLength: 3 }),
      fc.dictionary(fc.constantFrom('a', 'b', 'c'), tie('value'), { maxKeys: 3 }),
    ),
  }));
  const { schema } = fc.letrec<{ schema: object; list: object[] }>((tie) => ({
    list: fc.array(tie('schema'), { minLength: 1, maxLength: 2 }),
    schema: fc.oneof(
      { depthSize: 'small' },
      fc.constantFrom<object>({}, { type: 'string' }, { type: ['integer', 'null'] }, { const: 1 }),
      fc.constantFrom<object>({ enum: ['a', null, [1]] }, { minimum: 1 }, { maxLength: 1 }),
      fc.constantFrom<object>({ pattern: '^a' }, { required: ['a'] }, { minItems: 1 }),
      fc.constantFrom<object>({ multipleOf: 0.5 }, { maxProperties: 1 }, { $ref: '#/$defs/d' }),
      fc.constantFrom<object>(
        { uniqueItems: true, maxItems: 9 },
        { dependentRequired: { a: ['b'] } },
      ),
      fc.record({
        properties: fc.record({ a: tie('schema') }),
        additionalProperties: tie('schema'),
      }),
      fc.record({ properties: fc.record({ a: tie('schema'), b: tie('schema') }) }),
      fc.record({ patternProperties: fc.record({ '^[ab]$': tie('schema') }) }),
      fc.record({ prefixItems: tie('list'), items: tie('schema') }),
      fc.record({ contains: tie('schema'), maxContains: fc.constantFrom(1, 2) }),
      fc.record({ propertyNames: tie('schema') }),
      fc.record({ allOf: tie('list') }),
      fc.record({ anyOf: tie('list') }),
      fc.record({ oneOf: tie('list') }),
      fc.record({ not: tie('schema') }),
      // biome-ignore lint/suspicious/noThenProperty: the keyword of JSON Schema
      fc.record({ if: tie('schema'), then: tie('schema'), else: tie('schema') }),
    ),
  }));

  test('agrees on random schemas and values', () => {
    fc.assert(
      fc.property(schema, value, (random, instance) => {
        const whole = {
          allOf: [random],
          unevaluatedProperties: true,
          $defs: { d: { type: ['string', 'array'], maxLength: 1 } },
        };
        const expected = new Validator(structuredClone(whole), '2020-12').validate(instance).valid;
        expect(accepts(whole, instance)).toBe(expected);
      }),
      { numRuns: 3_000 },
    );
  });
});

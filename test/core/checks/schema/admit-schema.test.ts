import { describe, expect, test } from 'vitest';
import {
  admitSchema,
  MAX_SUBSCHEMAS,
  MAX_UNIQUE_ITEMS,
  SCHEMA_LIMITS,
} from '../../../../src/core/checks/schema/admit-schema.ts';
import {
  MAX_BRANCHES,
  MAX_ENUM_VALUES,
  MAX_NAMES,
} from '../../../../src/core/checks/schema/check-keyword.ts';
import { MAX_APPLIED, MAX_APPLIED_DEPTH } from '../../../../src/core/checks/schema/references.ts';

/** Where the schema is refused, or nothing if it is admitted. */
function problems(schema: unknown): string[] {
  const admitted = admitSchema(schema);
  return admitted.ok ? [] : admitted.error.map(({ pointer }) => pointer);
}

/** `count` members `p0`, `p1` … */
function members(count: number): object {
  return Object.fromEntries(Array.from({ length: count }, (_, i) => [`p${i}`, {}]));
}

describe('admitSchema()', () => {
  test.each([
    [{}],
    [{ type: 'object', properties: { a: { type: 'string' } }, required: ['a'] }],
    [{ $schema: 'https://json-schema.org/draft/2020-12/schema', type: ['string', 'null'] }],
    [{ $schema: 'http://json-schema.org/draft-07/schema#', type: 'object' }],
    [{ $schema: 'http://json-schema.org/draft-06/schema#', exclusiveMinimum: 1 }],
    [{ $schema: 'https://json-schema.org/draft/2019-09/schema', $defs: {} }],
    [{ type: 'integer', format: 'uint32' }],
    [{ type: 'number', format: 'double' }],
    [{ $id: 'https://example.com/tool.json', $defs: { a: true }, $ref: '#/$defs/a' }],
    [
      {
        definitions: { 'a/b~c %': {} },
        properties: { x: { $ref: '#/definitions/a~1b~0c%20%25' } },
      },
    ],
    [{ $defs: { node: { properties: { next: { $ref: '#/$defs/node' } } } }, $ref: '#/$defs/node' }],
    [{ items: { $ref: '#' } }],
    [{ title: 'T', description: 'D', default: 1, examples: [{}], 'x-note': {}, nullable: true }],
    [{ properties: { $ref: { type: 'string' }, id: {}, dependencies: {} } }],
    [{ enum: [{ $ref: 'http://example.com' }], const: { $dynamicRef: 1 } }],
    [{ type: 'string', format: 'path', 'x-sallyport-kind': 'path', 'x-multiline': false }],
    [{ patternProperties: { '^x-': { type: 'integer' } }, unevaluatedProperties: false }],
    [{ uniqueItems: false }],
  ])('admits %j', (schema) => {
    expect(problems(schema)).toEqual([]);
  });

  test.each([
    [{ items: [{}], additionalItems: false }, ['/items', '/additionalItems']],
    [{ dependencies: { a: ['b'] } }, ['/dependencies']],
    [{ items: { $id: '#a' } }, ['/items/$id']],
    [{ minimum: 1, exclusiveMinimum: true }, ['/exclusiveMinimum']],
  ])('refuses what an older draft means otherwise, where it is named: %j', (schema, pointers) => {
    const $schema = 'http://json-schema.org/draft-07/schema#';
    expect(problems({ $schema, ...schema }).toSorted()).toEqual(pointers.toSorted());
  });

  test.each([
    [null, ''],
    [true, ''],
    ['{}', ''],
    [[], ''],
    [new Map(), ''],
    [{ default: undefined }, ''],
    [{ default: Number.NaN }, ''],
    [{ default: () => 1 }, ''],
    [{ default: new Date(0) }, ''],
    [{ description: '\ud800' }, ''],
    [JSON.parse('{"properties":{"__proto__":{}}}'), ''],
    [{ properties: { constructor: {} } }, ''],
    [{ $schema: 'http://json-schema.org/draft-04/schema#' }, '/$schema'],
    [{ $schema: 'https://json-schema.org/draft/next/schema' }, '/$schema'],
    [{ $schema: 'https://example.com/json-schema.org/draft-07/schema' }, '/$schema'],
    [{ type: 'text' }, '/type'],
    [{ type: ['string', 'any'] }, '/type'],
    [{ type: [] }, '/type'],
    [{ type: 3 }, '/type'],
    [{ properties: [] }, '/properties'],
    [{ properties: { a: 'string' } }, '/properties'],
    [{ required: 'a' }, '/required'],
    [{ required: [1] }, '/required'],
    [{ enum: 'a' }, '/enum'],
    [{ items: [{}] }, '/items'],
    [{ items: 'string' }, '/items'],
    [{ additionalItems: {} }, '/additionalItems'],
    [{ dependencies: {} }, '/dependencies'],
    [{ id: 'a' }, '/id'],
    [{ $dynamicRef: '#a' }, '/$dynamicRef'],
    [{ $dynamicAnchor: 'a' }, '/$dynamicAnchor'],
    [{ $recursiveRef: '#' }, '/$recursiveRef'],
    [{ $recursiveAnchor: true }, '/$recursiveAnchor'],
    [{ $anchor: 'a' }, '/$anchor'],
    [{ $vocabulary: {} }, '/$vocabulary'],
    [{ items: { $id: 'https://example.com/b' } }, '/items/$id'],
    [{ $ref: 'https://example.com/schema.json' }, '/$ref'],
    [{ $ref: 'other.json#/a' }, '/$ref'],
    [{ $ref: '//169.254.169.254/' }, '/$ref'],
    [{ $ref: 'file:///etc/passwd' }, '/$ref'],
    [{ $ref: '#anchor' }, '/$ref'],
    [{ $ref: 7 }, '/$ref'],
    [{ $ref: '#/$defs/missing' }, ''],
    [{ items: { $ref: '#/title' }, title: 'x' }, '/items'],
    [{ $ref: '#/%', $defs: {} }, '/$ref'],
    [{ minimum: '1' }, '/minimum'],
    [{ multipleOf: 0 }, '/multipleOf'],
    [{ multipleOf: -1 }, '/multipleOf'],
    [{ maxLength: 1.5 }, '/maxLength'],
    [{ minItems: -1 }, '/minItems'],
    [{ uniqueItems: 'yes', maxItems: 1 }, '/uniqueItems'],
    [{ format: 'made-up' }, '/format'],
    [{ format: 'constructor' }, '/format'],
    [{ 'x-sallyport-kind': 'secret' }, '/x-sallyport-kind'],
    [{ not: 1 }, '/not'],
    [{ allOf: [] }, '/allOf'],
    [{ allOf: {} }, '/allOf'],
    [{ anyOf: [1] }, '/anyOf'],
    [{ dependentRequired: { a: 'b' } }, '/dependentRequired'],
    [{ type: 'string', pattern: '^(a+)+$' }, '/pattern'],
    [{ pattern: '(' }, '/pattern'],
    [{ pattern: 1 }, '/pattern'],
    [{ properties: { a: { anyOf: [{ pattern: '(?=a)' }] } } }, '/properties/a/anyOf/0/pattern'],
    [{ patternProperties: { '(a|a)*$': {} } }, '/patternProperties'],
  ])('refuses %j at %j', (schema, pointer) => {
    expect(problems(schema)).toEqual([pointer]);
  });

  test('reports all problems at once, and each with what must hold', () => {
    const schema = { type: 'text', properties: { a: { pattern: '^(a+)+$' }, b: { $anchor: 'x' } } };
    expect(admitSchema(schema)).toEqual({
      ok: false,
      error: [
        { pointer: '/type', detail: 'it must be a type of JSON Schema, or a list of some' },
        {
          pointer: '/properties/a/pattern',
          detail: expect.stringContaining('must be a pattern that is safe to run'),
        },
        { pointer: '/properties/b/$anchor', detail: expect.stringContaining('must not be there') },
      ],
    });
    const many = Array.from({ length: 60 }, () => ({ type: 'text' }));
    expect(problems({ allOf: many })).toHaveLength(50);
  });

  test.each([
    [{ $ref: '#' }],
    [{ allOf: [{ $ref: '#' }] }],
    [{ not: { $ref: '#' } }],
    [{ if: { $ref: '#' } }],
    [{ dependentSchemas: { a: { $ref: '#' } } }],
    [{ $defs: { a: { $ref: '#/$defs/b' }, b: { anyOf: [{ $ref: '#/$defs/a' }] } } }],
  ])('refuses %j, which leads back to itself without having looked at anything', (schema) => {
    expect(problems(schema).length).toBeGreaterThan(0);
  });

  test('refuses references that double at each step', () => {
    const doubling = (steps: number) => ({
      $ref: '#/$defs/d0',
      $defs: Object.fromEntries(
        Array.from({ length: steps + 1 }, (_, i) => {
          const next = { $ref: `#/$defs/d${i + 1}` };
          return [`d${i}`, i === steps ? {} : { allOf: [next, next] }];
        }),
      ),
    });
    expect(problems(doubling(6))).toEqual([]);
    expect(problems(doubling(20)).length).toBeGreaterThan(0);
  });

  test('accepts each bound, and nothing beyond it', () => {
    const list = (length: number, item: unknown) => Array.from({ length }, () => item);
    const chain = (length: number) => {
      let schema: object = {};
      for (let i = 1; i < length; i++) schema = { not: schema };
      return schema;
    };
    const nested = (depth: number) => {
      let value: unknown = [];
      for (let i = 1; i < depth; i++) value = [value];
      return { default: value };
    };
    const both = (schemaOf: (size: number) => unknown, bound: number) => {
      expect(problems(schemaOf(bound))).toEqual([]);
      expect(problems(schemaOf(bound + 1)).length).toBeGreaterThan(0);
    };
    both((size) => ({ oneOf: list(size, { const: 1 }) }), MAX_BRANCHES);
    both((size) => ({ enum: list(size, 1) }), MAX_ENUM_VALUES);
    both((size) => ({ properties: members(size) }), MAX_NAMES);
    both((size) => ({ required: list(size, 'a') }), MAX_NAMES);
    both((size) => ({ uniqueItems: true, maxItems: size }), MAX_UNIQUE_ITEMS);
    both(chain, MAX_APPLIED_DEPTH);
    both(nested, SCHEMA_LIMITS.maxDepth - 1);
    both((size) => ({ description: 'a'.repeat(size - 19) }), SCHEMA_LIMITS.maxBytes);
    both((size) => ({ default: list(size - 2, 1) }), SCHEMA_LIMITS.maxNodes);
    both((size) => {
      const full = Math.floor((size - 1) / (MAX_NAMES + 1));
      const groups = list(full, { properties: members(MAX_NAMES) }) as object[];
      groups.push({ properties: members(((size - 1) % (MAX_NAMES + 1)) - 1) });
      return { prefixItems: groups };
    }, MAX_SUBSCHEMAS);
    both((size) => {
      const full = Math.floor((size - 2) / (MAX_BRANCHES + 1));
      const rest = (size - 2) % (MAX_BRANCHES + 1);
      const groups = list(full, { anyOf: list(MAX_BRANCHES, {}) }) as object[];
      return { allOf: [...groups, { anyOf: list(rest, {}) }] };
    }, MAX_APPLIED);
  });

  test('copies what it admits, so that a later change of the original changes nothing', () => {
    const original = { properties: { a: { type: 'string' } } };
    const admitted = admitSchema(original);
    original.properties.a.type = 'number';
    expect(admitted).toEqual({ ok: true, value: { properties: { a: { type: 'string' } } } });
    expect(admitted.ok && Object.isFrozen(admitted.value)).toBe(true);
    expect(admitted.ok && Object.isFrozen(admitted.value.properties)).toBe(true);
  });

  test('answers for the same object with the same admitted schema', () => {
    const schema = { type: 'object' };
    expect(admitSchema(schema)).toBe(admitSchema(schema));
    expect(admitSchema({ type: 'object' })).not.toBe(admitSchema(schema));
  });

  test('refuses an object that contains itself', () => {
    const loop: { default?: unknown } = {};
    loop.default = loop;
    expect(problems(loop)).toEqual(['']);
  });
});

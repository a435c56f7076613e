import { describe, expect, test } from 'vitest';
import { admitSchema } from '../../../src/core/checks/schema/admit-schema.ts';
import type { JsonObject, JsonValue } from '../../../src/core/primitives/json.ts';
import { findTrustedFields, listLeaves } from '../../../src/core/provenance/trusted-fields.ts';
import { admit } from '../checks/schema/admit.ts';

const HIDDEN = { 'x-sallyport-integrity': 'opaque' };

function inMembers(
  depth: number,
  innermost: JsonValue,
  around = (a: JsonValue): JsonValue => ({ properties: { a } }),
): JsonValue {
  return depth === 0 ? innermost : around(inMembers(depth - 1, innermost, around));
}

const TRUSTED = { 'x-sallyport-integrity': 'trusted' };

function fieldsOf(schema: JsonObject) {
  return findTrustedFields(admit(schema));
}

function trustedIn(schema: JsonObject, value: JsonValue) {
  return [...listLeaves(value, fieldsOf(schema))]
    .filter(({ integrity }) => integrity === 'trusted')
    .map((leaf) => leaf.value);
}

describe('what a schema vouches for', () => {
  test('is nothing unless it says so', () => {
    expect(fieldsOf({ type: 'object', properties: { id: { type: 'string' } } })).toEqual({
      members: { id: null },
    });
    expect(trustedIn({}, { id: 'a', more: ['b'] })).toEqual([]);
  });

  test('is a member, and not its neighbours or what nobody declared', () => {
    const schema = { properties: { id: TRUSTED, text: {} }, additionalProperties: true };
    expect(trustedIn(schema, { id: 'a', text: 'b', more: 'c' })).toEqual(['a']);
  });

  test('is all that lies within a place', () => {
    expect(trustedIn(TRUSTED, { a: [1, { b: 'c' }], d: true })).toEqual([
      'a',
      1,
      'b',
      'c',
      'd',
      true,
    ]);
    expect(trustedIn({ properties: { to: TRUSTED } }, { to: ['a', 'b'] })).toEqual(['a', 'b']);
  });

  test('is said of each item, through references and combinations', () => {
    const schema = {
      $defs: { row: { properties: { id: TRUSTED } } },
      items: { anyOf: [{ $ref: '#/$defs/row' }, { type: 'null' }] },
    };
    expect(trustedIn(schema, [{ id: 'a', x: 'b' }, null, { id: 'c' }])).toEqual(['a', 'c']);
  });

  test('may be the names of members, or the members whose names are not declared', () => {
    const names = { propertyNames: TRUSTED, additionalProperties: {} };
    expect(trustedIn(names, { 'Grand Hotel': 'very bad' })).toEqual(['Grand Hotel']);
    const others = { properties: { note: {} }, additionalProperties: TRUSTED };
    expect(trustedIn(others, { note: 'a', total: 7 })).toEqual([7]);
  });

  test('is nothing where a pattern or a tuple makes it unclear whom it means', () => {
    const patterned = { patternProperties: { '^x': {} }, additionalProperties: TRUSTED };
    expect(trustedIn(patterned, { x: 'a', y: 'b' })).toEqual([]);
    expect(trustedIn({ prefixItems: [{}], items: TRUSTED }, ['a', 'b'])).toEqual([]);
  });

  test('is the most cautious of what is said of a place, from around it as well', () => {
    const [opaque, requested] = ['opaque', 'requested'].map((mark) => ({
      'x-sallyport-integrity': mark,
    }));
    for (const branches of [
      [TRUSTED, opaque],
      [opaque, TRUSTED],
    ]) {
      const schema = { anyOf: branches.map((text) => ({ properties: { text } })) } as JsonObject;
      expect(fieldsOf(schema)).toEqual({ members: { text: 'opaque' } });
    }
    const row = { ...TRUSTED, properties: { id: {}, body: requested } } as JsonObject;
    expect(trustedIn({ items: row }, [{ id: 'a', body: 'b', c: 'd' }])).toEqual(['a', 'c', 'd']);
    expect(fieldsOf({ ...TRUSTED, properties: { body: opaque } } as JsonObject)).toMatchObject({
      members: { body: 'opaque' },
    });
  });

  test.each([
    ['by a pattern', { patternProperties: { '^x': { $ref: '#/$defs/hidden' } } }],
    ['beside patterns', { patternProperties: { '^x': {} }, additionalProperties: HIDDEN }],
    ['in a tuple', { prefixItems: [{}, HIDDEN] }],
    ['among items that are looked for', { contains: HIDDEN }],
    ['where nothing else was looked at', { unevaluatedProperties: HIDDEN }],
    ['deeper than is looked', inMembers(9, HIDDEN)],
  ])('hides all in which something is hidden %s', (_, schema) => {
    const $defs = { hidden: HIDDEN };
    const fields = fieldsOf({ $defs, ...TRUSTED, ...(schema as JsonObject) });
    const leaves = [
      ...listLeaves(
        inMembers(9, 'x', (a) => ({ a })),
        fields,
      ),
    ];
    expect(leaves.filter(({ value }) => value === 'x')).toEqual([
      { value: 'x', integrity: 'opaque' },
    ]);
  });

  test('ends at a depth', () => {
    const nested = (depth: number): JsonObject =>
      depth === 0 ? TRUSTED : { properties: { a: nested(depth - 1) } };
    const value = (depth: number): JsonValue => (depth === 0 ? 'x' : { a: value(depth - 1) });
    expect(trustedIn(nested(8), value(8))).toEqual(['x']);
    expect(trustedIn(nested(9), value(9))).toEqual([]);
  });

  test('is refused where it is not a word of ours', () => {
    for (const word of ['untrusted', 'TRUSTED', true, null]) {
      expect(admitSchema({ 'x-sallyport-integrity': word }).ok).toBe(false);
    }
    expect(admitSchema({ 'x-sallyport-source': 'anyone' }).ok).toBe(false);
    expect(admitSchema({ 'x-sallyport-source': 'links' }).ok).toBe(true);
  });
});

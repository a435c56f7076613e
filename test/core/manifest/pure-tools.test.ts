import { describe, expect, test } from 'vitest';
import { parseManifest } from '../../../src/core/manifest/manifest.ts';
import { findLoosened } from '../../../src/core/manifest/trust-growth.ts';
import type { JsonObject } from '../../../src/core/primitives/json.ts';
import {
  MAX_CHOICE_LENGTH,
  MAX_CHOICES,
  MAX_DECLASSIFIED,
  MAX_SPAN,
} from '../../../src/core/provenance/closed-shapes.ts';
import { tool } from '../policy/authority-builder.ts';

const answer = (shape: JsonObject): JsonObject => ({
  ...shape,
  'x-sallyport-integrity': 'declassified',
});
const members = (properties: JsonObject): JsonObject => ({ type: 'object', properties });
const YES_OR_NO = answer({ type: 'boolean' });

/** The pointers of what is wrong. */
function problems(outputSchema: JsonObject, changes: JsonObject = {}, of: JsonObject = {}) {
  const read = parseManifest({
    name: 'sorter',
    version: '1.0.0',
    kind: 'tool',
    tier: 'wasm',
    license: 'MIT',
    capabilities: [],
    wasm: {},
    tools: [
      {
        name: 'sort',
        description: 'Sorts.',
        pure: true,
        inputSchema: { type: 'object' },
        outputSchema,
        ...changes,
      },
    ],
    ...of,
  });
  return read.ok ? [] : read.error.map(({ pointer }) => pointer);
}

const shapeOf = (shape: JsonObject) => problems(members({ a: answer(shape) }));
const AT_A = ['/tools/0/outputSchema/properties/a/x-sallyport-integrity'];

describe('a declassified field', () => {
  test('has one of a few answers', () => {
    const choices = (count: number) => ({ enum: Array.from({ length: count }, (_, n) => n) });
    expect(shapeOf({ type: 'boolean' })).toEqual([]);
    expect(shapeOf({ const: 'a' })).toEqual([]);
    expect(shapeOf(choices(MAX_CHOICES))).toEqual([]);
    expect(shapeOf(choices(MAX_CHOICES + 1))).toEqual(AT_A);
    expect(shapeOf({ enum: ['x'.repeat(MAX_CHOICE_LENGTH), null, true] })).toEqual([]);
    expect(shapeOf({ enum: ['x'.repeat(MAX_CHOICE_LENGTH + 1)] })).toEqual(AT_A);
    expect(shapeOf({ enum: [['a']] })).toEqual(AT_A);
  });

  test('that is a number is whole, and bounded on both sides', () => {
    const range = (minimum: number, maximum: number) => ({ type: 'integer', minimum, maximum });
    expect(shapeOf(range(-1, MAX_SPAN - 1))).toEqual([]);
    expect(shapeOf(range(-1, MAX_SPAN))).toEqual(AT_A);
    expect(shapeOf({ type: 'integer', minimum: 0 })).toEqual(AT_A);
    expect(shapeOf({ type: 'number', minimum: 0, maximum: 1 })).toEqual(AT_A);
    expect(shapeOf({ type: ['integer', 'string'], minimum: 0, maximum: 1 })).toEqual(AT_A);
  });

  test('is no text, and nothing of which there may be many', () => {
    expect(shapeOf({ type: 'string', maxLength: 1 })).toEqual(AT_A);
    expect(shapeOf({})).toEqual(AT_A);
    expect(problems({ type: 'array', items: YES_OR_NO })).toHaveLength(1);
    expect(problems({ type: 'object', additionalProperties: YES_OR_NO })).toHaveLength(1);
    expect(problems({ $defs: { a: YES_OR_NO }, $ref: '#/$defs/a' })).toHaveLength(1);
    expect(problems({ anyOf: [YES_OR_NO] })).toHaveLength(1);
    expect(problems(members({ a: members({ b: YES_OR_NO }) }))).toEqual([]);
    const many = (count: number) =>
      members(Object.fromEntries(Array.from({ length: count }, (_, n) => [`a${n}`, YES_OR_NO])));
    expect(problems(many(MAX_DECLASSIFIED))).toEqual([]);
    expect(problems(many(MAX_DECLASSIFIED + 1))).toHaveLength(1);
  });

  test('is a pure tool’s', () => {
    const impure = problems(members({ a: YES_OR_NO }), { pure: false });
    expect(impure).toEqual(AT_A);
  });
});

describe('a pure tool', () => {
  const PURE = ['/tools/0/pure'];
  const made = (changes: JsonObject, of: JsonObject = {}) =>
    problems(members({ a: YES_OR_NO }), changes, of);

  test('asks for nothing of a host', () => {
    expect(made({})).toEqual([]);
    expect(made({}, { capabilities: ['tool:file:read:/a'] })).toEqual(PURE);
    const reads = { requires: ['tool:file:read:/a'] };
    expect(made(reads, { capabilities: ['tool:file:read:/a'] })).toEqual(PURE);
    expect(made({}, { wasm: { clock: true } })).toEqual(PURE);
    expect(made({}, { wasm: { randomness: true } })).toEqual(PURE);
  });

  test('is WebAssembly', () => {
    const process = { tier: 'process', wasm: undefined, process: { command: ['x'] } };
    expect(made({}, JSON.parse(JSON.stringify(process)))).toContain('/tools/0/pure');
  });
});

describe('a newer version', () => {
  const loosened = (before: JsonObject, after: JsonObject) =>
    findLoosened(
      [tool('t', { outputSchema: members({ a: before }) })],
      [tool('t', { outputSchema: members({ a: after }) })],
    ).map(({ what, pointer }) => `${what} ${pointer}`);
  const one = answer({ enum: ['a'] });
  const trusted = { 'x-sallyport-integrity': 'trusted' };

  test('asks for consent to each answer that it may give anew', () => {
    expect(loosened(one, one)).toEqual([]);
    expect(loosened(one, {})).toEqual([]);
    expect(loosened(one, answer({ enum: ['a', 'b'] }))).toEqual(['vouches-for-more /a']);
    expect(loosened({}, one)).toEqual(['vouches-for-more /a']);
    expect(loosened(trusted, one)).toEqual(['vouches-for-more /a']);
  });

  test('may hide more from models', () => {
    expect(loosened(trusted, { 'x-sallyport-integrity': 'opaque' })).toEqual([]);
    expect(loosened({ 'x-sallyport-integrity': 'opaque' }, trusted)).toEqual([
      'vouches-for-more /a',
    ]);
  });
});

import { describe, expect, test } from 'vitest';
import type { ToolDefinition } from '../../../src/core/manifest/tool-definition.ts';
import { findLoosened } from '../../../src/core/manifest/trust-growth.ts';
import type { JsonObject } from '../../../src/core/primitives/json.ts';
import { tool } from '../policy/authority-builder.ts';

const loosened = (before: Partial<ToolDefinition>, after: Partial<ToolDefinition>) =>
  findLoosened([tool('t', before)], [tool('t', after)]).map(({ what, pointer }) =>
    `${what} ${pointer}`.trim(),
  );

const says = (integrity: string) => ({ 'x-sallyport-integrity': integrity });
const from = (source: string) => ({ type: 'string', 'x-sallyport-source': source });

describe('what a tool vouches for', () => {
  const grows = (before: JsonObject, after: JsonObject) =>
    loosened({ outputSchema: before }, { outputSchema: after });
  const members = (properties: JsonObject, more: JsonObject = {}) => ({ properties, ...more });

  test('may stay, or become less', () => {
    const full = members({ id: says('trusted'), list: { items: says('author') } });
    expect(grows(full, full)).toEqual([]);
    expect(grows(full, members({ list: { items: says('trusted') } }))).toEqual([]);
    expect(grows(says('trusted'), full)).toEqual(['vouches-for-more /list/*']); // an author is more
    expect(grows(says('author'), full)).toEqual([]);
    expect(grows(says('trusted'), says('arguments'))).toEqual([]);
    expect(grows(says('trusted'), says('requested'))).toEqual([]);
    expect(grows(says('requested'), says('trusted'))).toEqual(['vouches-for-more']);
    expect(loosened({ outputSchema: full }, {})).toEqual([]);
  });

  test.each<[string, JsonObject, JsonObject, string]>([
    [
      'a member',
      members({ id: says('trusted') }),
      members({ id: says('trusted'), a: says('trusted') }),
      '/a',
    ],
    ['a nested one', members({ a: {} }), members({ a: members({ b: says('trusted') }) }), '/a/b'],
    ['an author', members({ a: says('trusted') }), members({ a: says('author') }), '/a'],
    ['more than its arguments', says('arguments'), says('trusted'), ''],
    ['all of it', members({ a: says('trusted') }), says('trusted'), ''],
    ['items', {}, { items: says('trusted') }, '/*'],
    ['undeclared members', {}, { additionalProperties: says('trusted') }, '/*'],
    [
      'a member that is no longer declared',
      members({ a: {} }, { additionalProperties: says('trusted') }),
      members({}, { additionalProperties: says('trusted') }),
      '/a',
    ],
    ['names', {}, { propertyNames: says('trusted') }, '/*'],
  ])('grows by %s', (_, before, after, pointer) => {
    expect(grows(before, after)).toEqual([`vouches-for-more ${pointer}`.trim()]);
  });

  test('grows with a new tool, and with a closed world', () => {
    const fresh = tool('new', { outputSchema: says('trusted') });
    expect(findLoosened([], [fresh, tool('plain')])).toEqual([
      { tool: 'new', what: 'vouches-for-more', pointer: '' },
    ]);
    const closed = { annotations: { openWorldHint: false } };
    expect(loosened({}, closed)).toEqual(['vouches-for-more']);
    expect(loosened(closed, closed)).toEqual([]);
    expect(loosened(closed, {})).toEqual([]);
  });
});

describe('what a tool marks', () => {
  const weakens = (before: JsonObject, after: JsonObject) =>
    loosened({ inputSchema: before }, { inputSchema: after });
  const args = (properties: JsonObject) => ({ type: 'object', properties });

  test('may stay, or become more and stricter', () => {
    const before = args({ to: from('trusted'), text: { type: 'string' } });
    expect(weakens(before, before)).toEqual([]);
    expect(weakens(before, args({ to: from('principal'), text: from('links') }))).toEqual([]);
    expect(weakens(before, { ...args({ to: { type: 'string' } }), ...from('trusted') })).toEqual(
      [],
    );
    expect(weakens(args({ text: { type: 'string' } }), args({}))).toEqual([]);
    expect(weakens(args({ text: from('any') }), args({ text: { type: 'string' } }))).toEqual([]);
  });

  test.each<[string, JsonObject, JsonObject, string]>([
    ['no mark', args({ to: from('trusted') }), args({ to: { type: 'string' } }), '/to'],
    ['a weaker one', args({ to: from('principal') }), args({ to: from('trusted') }), '/to'],
    [
      'another argument',
      args({ to: from('trusted') }),
      args({ target: { type: 'string' } }),
      '/to',
    ],
    ['any', args({ to: from('links') }), args({ to: from('any') }), '/to'],
    [
      'unmarked items',
      args({ to: { items: from('trusted') } }),
      args({ to: { items: { type: 'string' } } }),
      '/to/*',
    ],
    [
      'an unmarked definition',
      { ...args({ to: { $ref: '#/$defs/a' } }), $defs: { a: from('trusted') } },
      { ...args({ to: { type: 'string' } }), $defs: { a: from('trusted') } },
      '/to',
    ],
  ])('weakens by %s', (_, before, after, pointer) => {
    expect(weakens(before, after)).toEqual([`marks-less ${pointer}`]);
  });

  test('is named as a whole where it cannot be compared, unless nothing changes', () => {
    const patterned = { ...args({ to: from('trusted') }), patternProperties: { '^x': {} } };
    expect(weakens(patterned, patterned)).toEqual([]);
    expect(weakens(patterned, args({ to: from('trusted') }))).toEqual(['marks-less']);
    expect(weakens(args({ to: from('trusted') }), patterned)).toEqual(['marks-less']);
  });

  test.each([
    [8, '/a/a/a/a/a/a/a/a'],
    [9, ''],
  ])('is compared to a depth: %d', (depth, pointer) => {
    const nested = (levels: number, leaf: JsonObject): JsonObject =>
      levels === 0 ? leaf : args({ a: nested(levels - 1, leaf) });
    expect(weakens(nested(depth, from('trusted')), nested(depth, { type: 'string' }))).toEqual([
      `marks-less ${pointer}`.trim(),
    ]);
  });
});

test('a mandate grows by words, and by being dropped', () => {
  expect(loosened({ mandate: ['send*'] }, { mandate: ['send*', 'show*'] })).toEqual([
    'needs-less-mandate',
  ]);
  expect(loosened({ mandate: ['send*'] }, {})).toEqual(['needs-less-mandate']);
  expect(loosened({ mandate: ['send*', 'mail*'] }, { mandate: ['send*'] })).toEqual([]);
  expect(loosened({}, { mandate: ['send*'] })).toEqual([]);
});

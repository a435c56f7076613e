import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CANONICAL_REASONS } from '../../../../src/core/checks/canonical/canonical-problem.ts';
import { canonicaliseArguments } from '../../../../src/core/checks/canonical/canonicalise-arguments.ts';
import { validateValue } from '../../../../src/core/checks/schema/validate-value.ts';
import type { JsonObject, JsonValue } from '../../../../src/core/primitives/json.ts';
import { hostileText } from '../../../support/hostile-text.ts';
import { admit } from '../schema/admit.ts';

/** What becomes of the argument `a` when its schema is `schema`. */
function canonical(schema: object, value: JsonValue): JsonValue | undefined {
  const { canonical, problems } = canonicaliseArguments(
    { a: value },
    admit({ properties: { a: schema } }),
  );
  const [problem] = problems;
  return problem === undefined ? canonical.a : `! ${problem.pointer} ${problem.reason}`;
}

describe('canonicaliseArguments()', () => {
  test('makes each argument canonical as its schema describes it', () => {
    const schema = admit({
      properties: {
        path: { type: 'string', format: 'path' },
        url: { type: 'string', format: 'uri' },
        host: { type: 'string', format: 'hostname' },
        title: { type: 'string', maxLength: 100 },
        body: { type: 'string' },
        argv: { type: 'array', 'x-sallyport-kind': 'argv', items: { type: 'string' } },
        program: { 'x-sallyport-kind': 'command' },
        count: { type: 'integer' },
      },
    });
    const args = {
      path: '/data/./a%20b/',
      url: 'HTTPS://Example.com:443/%7e#x',
      host: 'EXAMPLE.com',
      title: 'cafe\u0301',
      body: 'cafe\u0301\n\ttwo',
      argv: ['-l', 'e\u0301'],
      program: 'ls',
      count: 3,
    };
    expect(canonicaliseArguments(args, schema)).toEqual({
      problems: [],
      canonical: {
        path: '/data/a b',
        url: 'https://example.com/~',
        host: 'example.com',
        title: 'café',
        body: 'cafe\u0301\n\ttwo',
        argv: ['-l', 'é'],
        program: 'ls',
        count: 3,
      },
      fields: new Map(
        Object.entries({
          '/path': { kind: 'path' },
          '/url': {
            kind: 'url',
            url: {
              href: 'https://example.com/~',
              scheme: 'https',
              host: 'example.com',
              port: 443,
              path: '/~',
            },
          },
          '/host': { kind: 'host' },
          '/argv/0': { kind: 'argv' },
          '/argv/1': { kind: 'argv' },
          '/program': { kind: 'command' },
        }),
      ),
    });
  });

  test.each([
    [{ format: 'path' }, '/a/../../b', '! /a path_above_root'],
    [{ format: 'uri' }, 'http://127.1/', '! /a host_address_notation'],
    [{ format: 'url' }, 'http://10.0.0.1/', '! /a address_not_public'],
    [{ format: 'iri' }, 'http://localhost/', '! /a name_not_public'],
    [{ format: 'uri-reference' }, '/relative', '! /a url_malformed'],
    [{ format: 'hostname' }, 'a..b', '! /a host_malformed'],
    [{ format: 'idn-hostname' }, 'bücher.de', 'xn--bcher-kva.de'],
    [{ format: 'ipv4' }, '192.168.0.1', '! /a address_not_public'],
    [{ format: 'ipv6' }, '::1', '! /a address_not_public'],
    [{ format: 'argv' }, 'a;b', '! /a shell_metacharacter'],
    [{ format: 'command' }, 'a b', '! /a command_malformed'],
    [{ 'x-sallyport-kind': 'host' }, 'EXAMPLE.com', 'example.com'],
    [{ 'x-sallyport-kind': 'text' }, 'a\nb', '! /a line_break'],
    [{ 'x-sallyport-kind': 'multiline', maxLength: 9 }, 'a\nb', 'a\nb'],
    [{ 'x-sallyport-kind': 'multiline' }, 'a\u202Eb', '! /a bidi_control'],
    [{ 'x-sallyport-kind': 'text', format: 'uri' }, 'not a url', 'not a url'],
    // What a text is unless something is said.
    [{}, 'a\nb', 'a\nb'],
    [{ type: 'string' }, 'a\0b', '! /a control_character'],
    [{ maxLength: 257 }, 'a\nb', 'a\nb'],
    [{ maxLength: 256 }, 'a\nb', '! /a line_break'],
    [{ maxLength: 256, 'x-multiline': true }, 'a\nb', 'a\nb'],
    [{ maxLength: 256, 'x-multiline': false }, 'a\nb', '! /a line_break'],
    [{ enum: ['x'] }, 'x\u200B', '! /a invisible_character'],
    [{ const: 'x' }, 'x\u200B', '! /a invisible_character'],
    [{ pattern: '^x' }, 'x\u200B', '! /a invisible_character'],
    [{ format: 'email' }, 'a\u200B@b.de', '! /a invisible_character'],
    [{ format: 'date' }, '2026-01-01\n', '! /a line_break'],
  ])('treats %j', (schema, value, expected) => {
    expect(canonical(schema, value)).toBe(expected);
  });

  test('finds the kind behind references, combinations, patterns and lists', () => {
    const path = { format: 'path' };
    const bad = '/..';
    expect(canonical({ anyOf: [{ type: 'null' }, path] }, bad)).toBe('! /a path_above_root');
    expect(canonical({ oneOf: [path, { type: 'integer' }] }, bad)).toBe('! /a path_above_root');
    expect(canonical({ if: {}, else: path }, bad)).toBe('! /a path_above_root');
    // biome-ignore lint/suspicious/noThenProperty: the keyword of JSON Schema
    expect(canonical({ if: {}, then: path }, bad)).toBe('! /a path_above_root');
    expect(canonical({ allOf: [{ allOf: [path] }] }, bad)).toBe('! /a path_above_root');
    expect(canonical({ items: path }, [bad])).toBe('! /a/0 path_above_root');
    expect(canonical({ prefixItems: [{}, path] }, ['x', bad])).toBe('! /a/1 path_above_root');
    expect(canonical({ prefixItems: [{}], items: path }, ['/..', bad])).toBe(
      '! /a/1 path_above_root',
    );
    expect(canonical({ contains: path }, [bad])).toBe('! /a/0 path_above_root');
    expect(canonical({ unevaluatedItems: path }, [bad])).toBe('! /a/0 path_above_root');
    expect(canonical({ 'x-sallyport-kind': 'path' }, [[bad]])).toBe('! /a/0/0 path_above_root');
    expect(canonical({ 'x-sallyport-kind': 'path', items: { format: 'argv' } }, [';'])).toBe(
      '! /a/0 shell_metacharacter',
    );
    expect(canonical({ properties: { b: path } }, { b: bad })).toBe('! /a/b path_above_root');
    const recursive = { $ref: '#/$defs/n' };
    const schema = admit({
      properties: { a: recursive },
      $defs: { n: { properties: { next: recursive, p: path } } },
    });
    expect(canonicaliseArguments({ a: { next: { next: { p: bad } } } }, schema).problems).toEqual([
      { pointer: '/a/next/next/p', reason: 'path_above_root' },
    ]);
  });

  test('names no undeclared member in a pointer', () => {
    const bad = '/..';
    const path = { format: 'path' };
    expect(canonical({ additionalProperties: path }, { secret: bad })).toBe('! /a path_above_root');
    expect(canonical({ unevaluatedProperties: path }, { secret: bad })).toBe(
      '! /a path_above_root',
    );
    expect(canonical({ patternProperties: { '^s': path } }, { secret: bad })).toBe(
      '! /a path_above_root',
    );
    expect(canonical({}, { secret: { list: ['\0'] } })).toBe('! /a control_character');
  });

  test('refuses a text of which several kinds are said', () => {
    const both = { anyOf: [{ format: 'path' }, { format: 'uri' }] };
    expect(canonical(both, '/data')).toBe('! /a conflicting_kinds');
    expect(canonical({ ...both, 'x-sallyport-kind': 'path' }, '/data')).toBe('/data');
    expect(canonical({ anyOf: [{ format: 'ipv4' }, { format: 'ipv6' }] }, '8.8.8.8')).toBe(
      '8.8.8.8',
    );
  });

  test.each(['a\n', 'a\u200B', 'e\u0301', '\u202E', '\uD800', 'constructor', '__proto__'])(
    'leaves out a member with the key %j, and says so',
    (key) => {
      const args = Object.fromEntries([[key, 1]]) as JsonObject;
      expect(canonicaliseArguments({ a: args }, admit({ properties: { a: {} } }))).toMatchObject({
        canonical: { a: {} },
        problems: [{ pointer: '/a', reason: 'unsafe_key' }],
      });
    },
  );

  test('reports every problem, and puts null where nothing may be used', () => {
    const schema = admit({
      properties: { a: { items: { format: 'path' } }, b: { format: 'uri' } },
    });
    const { canonical, problems } = canonicaliseArguments(
      { a: ['/..', '/ok', 'x'], b: '?' },
      schema,
    );
    expect(canonical).toEqual({ a: [null, '/ok', null], b: null });
    expect(problems).toEqual([
      { pointer: '/a/0', reason: 'path_above_root' },
      { pointer: '/a/2', reason: 'path_not_absolute' },
      { pointer: '/b', reason: 'url_malformed' },
    ]);
    expect(problems.every(({ reason }) => Object.hasOwn(CANONICAL_REASONS, reason))).toBe(true);
  });

  test('accepts the private hosts that an operator exempts', () => {
    const schema = admit({
      properties: { url: { format: 'uri' }, host: { format: 'hostname' }, ip: { format: 'ipv6' } },
    });
    const reasons = (args: JsonObject) =>
      canonicaliseArguments(args, schema, ['db.internal:5432', '[fd00::1]:80']).problems.map(
        ({ reason }) => reason,
      );
    expect(
      reasons({ url: 'http://db.internal:5432/', host: 'DB.internal', ip: 'fd00::1' }),
    ).toEqual([]);
    expect(reasons({ url: 'http://db.internal/', host: 'db2.internal', ip: 'fd00::2' })).toEqual([
      'name_not_public',
      'name_not_public',
      'address_not_public',
    ]);
  });

  test('does not change what it was given', () => {
    const args = { a: '/data/./b', list: ['e\u0301'] };
    const before = structuredClone(args);
    canonicaliseArguments(args, admit({ properties: { a: { format: 'path' } } }));
    expect(args).toEqual(before);
  });

  test('has nothing left to canonicalise in its result, which its schema still accepts', () => {
    const text = fc.oneof(
      hostileText(12),
      hostileText(12).map((path) => `/${path}`),
      hostileText(12).map((path) => `https://example.com/${path}`),
      fc.constantFrom('/a/../b', 'https://EXAMPLE.com', 'e\u0301', 'a\nb', '/%41'),
    );
    const args = fc.record({
      path: text,
      url: text,
      line: text,
      prose: text,
      list: fc.array(text, { maxLength: 3 }),
    });
    const schema = admit({
      properties: {
        path: { type: 'string', 'x-sallyport-kind': 'path' },
        url: { type: 'string', 'x-sallyport-kind': 'url' },
        line: { type: 'string', 'x-sallyport-kind': 'text' },
        prose: { type: 'string' },
        list: { type: 'array', items: { type: 'string', 'x-sallyport-kind': 'argv' } },
      },
    });
    const plain = { path: '/a/../b', url: 'https://EXAMPLE.com', line: 'e\u0301', prose: 'a\nb' };
    const accepted = { ...plain, list: ['a'] };
    fc.assert(
      fc.property(args, (value) => {
        const once = canonicaliseArguments(value, schema);
        if (once.problems.length > 0) return;
        expect(canonicaliseArguments(once.canonical, schema)).toEqual(once);
        expect(validateValue(schema, once.canonical).ok).toBe(true);
      }),
      { numRuns: 1_000, examples: [[accepted]] },
    );
  });
});

import { describe, expect, test } from 'vitest';
import {
  MAX_TOOLS,
  manifestJsonSchema,
  parseManifest,
} from '../../../src/core/manifest/manifest.ts';
import {
  MAX_DESCRIPTION_LENGTH,
  MAX_MANDATE_WORDS,
  MAX_REQUIREMENTS,
} from '../../../src/core/manifest/tool-schema.ts';
import { WASM_LIMIT_CEILINGS } from '../../../src/core/manifest/wasm-limits.ts';
import type { JsonObject, JsonValue } from '../../../src/core/primitives/json.ts';

const tool = {
  name: 'read-report',
  description: 'Reads a report',
  inputSchema: {
    type: 'object',
    properties: { path: { type: 'string', format: 'path' } },
    required: ['path'],
    additionalProperties: false,
  },
  requires: ['tool:file:read:{path}'],
};

const manifest = {
  name: 'reports',
  version: '1.2.3',
  kind: 'tool',
  tier: 'wasm',
  license: 'Apache-2.0',
  capabilities: ['tool:file:read:/reports/*'],
  tools: [tool],
};

const errorsOf = (json: JsonValue) => {
  const parsed = parseManifest(json);
  return parsed.ok ? [] : parsed.error;
};
const pointersOf = (change: JsonObject) =>
  errorsOf({ ...manifest, ...change }).map(({ pointer }) => pointer);
const withTool = (change: JsonObject) => ({ tools: [{ ...tool, ...change }] });

describe('parseManifest()', () => {
  test('reads a manifest, with what it leaves out spelled out', () => {
    expect(parseManifest(manifest)).toEqual({
      ok: true,
      value: {
        ...manifest,
        deny: [],
        limits: {},
        tools: [{ ...tool, annotations: {}, entry: 'read_report' }],
      },
    });
  });

  test('expands what it asks for and what it denies', () => {
    const parsed = parseManifest({
      ...manifest,
      capabilities: ['tool:file:read'],
      deny: ['tool:file:write'],
    });
    expect(parsed).toMatchObject({
      ok: true,
      value: {
        capabilities: ['tool:file:read', 'tool:file:read:*'],
        deny: ['tool:file:write', 'tool:file:write:*'],
      },
    });
  });

  test('reports all that is wrong, in parts and between them, at once', () => {
    const hostile = JSON.parse(`{
      "__proto__": 1, "version": "v1", "tier": "wasm", "process": {"command": ["x"]}, "surprise": 1,
      "capabilities": ["system:*", "nope"], "deny": ["x:y"], "license": "MIT", "kind": "tool",
      "tools": [
        {"name": "A"},
        {"name": "a", "description": "a", "inputSchema": {"type": "string", "pattern": "^(a+)+$"},
         "requires": ["tool:file:read:{x}", "tool:exec:{y}:z"], "extra": true},
        {"name": "a", "description": "a\\u202e", "inputSchema": {"type": "object"}}
      ]}`);
    const pointers = errorsOf(hostile).map(({ pointer }) => pointer);
    expect([...new Set(pointers)].toSorted()).toEqual(
      [
        ...['/__proto__', '/name', '/version', '/process', '/surprise', '/deny/0'],
        ...['/capabilities/0', '/capabilities/1'],
        ...['/tools/0/name', '/tools/0/description', '/tools/0/inputSchema'],
        ...['/tools/1/inputSchema/type', '/tools/1/inputSchema/pattern', '/tools/1/extra'],
        ...['/tools/1/requires/0', '/tools/1/requires/1'],
        ...['/tools/2/description', '/tools/2/name'],
      ].toSorted(),
    );
  });

  test('reports each bad pattern, also beside an entry that is no text', () => {
    const capabilities = ['tool:file:read', 'not a pattern', 7, 'tool:fly', 'system:admin'];
    expect(pointersOf({ capabilities }).toSorted()).toEqual(
      [1, 2, 3, 4].map((index) => `/capabilities/${index}`),
    );
  });

  test.each([null, 'text', 7, [], [manifest]])('refuses %j, which is no object', (json) => {
    expect(errorsOf(json)).toEqual([{ pointer: '', detail: 'must be an object' }]);
  });

  test.each([
    ...[
      '',
      'Reports',
      '1reports',
      'my_reports',
      'rep orts',
      'reports\n',
      'rеports',
      'a'.repeat(65),
    ],
  ])('refuses the name %j', (name) => expect(pointersOf({ name })).toEqual(['/name']));

  test('takes a name of 64 characters', () => {
    expect(pointersOf({ name: 'a'.repeat(64) })).toEqual([]);
  });

  test.each(['', 'Read', '-read', 'read report', 'rеad', 'a'.repeat(65)])(
    'refuses a tool called %j',
    (name) => expect(pointersOf(withTool({ name }))).toEqual(['/tools/0/name']),
  );

  test.each(['tool:*', 'tool:call:*', '*', 'system:*', 'system:token:*', 'system:admin'])(
    'asked for %s, refuses exactly what takes in what no plugin may hold',
    (pattern) => {
      const pointers = pointersOf({ capabilities: [pattern, 'tool:file:read'] });
      const isForbidden = pattern.startsWith('system') || pattern === '*';
      expect(pointers.includes('/capabilities/0')).toBe(isForbidden);
    },
  );

  test.each(Object.entries(WASM_LIMIT_CEILINGS))('bounds %s by %i', (key, ceiling) => {
    expect(pointersOf({ limits: { [key]: ceiling } })).toEqual([]);
    expect(pointersOf({ limits: { [key]: ceiling + 1 } })).toEqual([`/limits/${key}`]);
    expect(pointersOf({ limits: { [key]: 0 } })).toEqual([`/limits/${key}`]);
  });

  test('bounds the number of tools', () => {
    const tools = (count: number) => ({
      tools: Array.from({ length: count }, (_, index) => ({ ...tool, name: `tool-${index}` })),
    });
    expect(pointersOf(tools(MAX_TOOLS))).toEqual([]);
    expect(pointersOf(tools(MAX_TOOLS + 1))).toEqual(['/tools']);
  });

  test('has a mandate of words, with a star at most at the end', () => {
    const words = Array<string>(MAX_MANDATE_WORDS).fill('send*');
    expect(pointersOf(withTool({ mandate: words }))).toEqual([]);
    expect(pointersOf(withTool({ mandate: [...words, 'post'] }))).toEqual(['/tools/0/mandate']);
    expect(pointersOf(withTool({ mandate: ['set up', 'überweis*', 're-send'] }))).toEqual([]);
    for (const word of ['', '*', 's*d', ' send', 'send!', 'a'.repeat(65)]) {
      expect(pointersOf(withTool({ mandate: [word] }))).toEqual(['/tools/0/mandate/0']);
    }
    expect(pointersOf(withTool({ mandate: [] }))).toEqual(['/tools/0/mandate']);
  });

  test('bounds descriptions and requirements', () => {
    const description = 'x'.repeat(MAX_DESCRIPTION_LENGTH);
    expect(pointersOf({ description, ...withTool({ description }) })).toEqual([]);
    expect(pointersOf(withTool({ description: `${description}x` }))).toEqual([
      '/tools/0/description',
    ]);
    const requires = Array<string>(MAX_REQUIREMENTS).fill('tool:file:read:{path}');
    expect(pointersOf(withTool({ requires }))).toEqual([]);
    expect(pointersOf(withTool({ requires: [...requires, 'tool:file:read:{path}'] }))).toEqual([
      '/tools/0/requires',
    ]);
  });

  test('has a licence in the form of SPDX', () => {
    expect(pointersOf({ license: 'MIT OR (Apache-2.0 WITH LLVM-exception)' })).toEqual([]);
    for (const license of ['', 'the MIT one', 'MIT OR', 'x'.repeat(129)]) {
      expect(pointersOf({ license })).toContain('/license');
    }
  });

  test('hides nothing in a description', () => {
    expect(pointersOf(withTool({ description: 'Two lines\nand a\ttab, größer 😀' }))).toEqual([]);
    for (const hidden of ['\u200b', '\u202e', '\u{e0041}', '\u0000', '\u001b', '\ue000']) {
      expect(pointersOf(withTool({ description: `a${hidden}b` }))).toEqual([
        '/tools/0/description',
      ]);
    }
  });
});

describe('requirements of a tool', () => {
  test('must name an argument that is declared and required', () => {
    expect(pointersOf(withTool({ requires: ['tool:file:read:{file}'] }))).toEqual([
      '/tools/0/requires/0',
    ]);
    const optional = { ...tool.inputSchema, required: [] };
    expect(pointersOf(withTool({ inputSchema: optional }))).toEqual(['/tools/0/requires/0']);
    expect(pointersOf(withTool({ requires: ['tool:file:read:{constructor}'] }))).toEqual([
      '/tools/0/requires/0',
    ]);
  });

  test('must be covered by what the manifest asks for', () => {
    expect(pointersOf({ capabilities: ['tool:file:write'] })).toEqual(['/tools/0/requires/0']);
    expect(pointersOf({ capabilities: ['tool:file:*'] })).toEqual([]);
    const fixed = withTool({ requires: ['tool:file:read:/secret'] });
    expect(pointersOf(fixed)).toEqual(['/tools/0/requires/0']);
    expect(pointersOf(withTool({ requires: ['tool:file:read:/reports/a'] }))).toEqual([]);
  });
});

describe('the section of a tier', () => {
  const image = `ghcr.io/acme/tool@sha256:${'a'.repeat(64)}`;

  test.each([
    ['wasm', {}, []],
    ['wasm', { wasm: { clock: true } }, []],
    ['wasm', { wasm: { network: true } }, ['/wasm/network']],
    ['wasm', { container: { image } }, ['/container']],
    ['process', {}, ['/process']],
    ['process', { process: { command: ['/usr/bin/env'] } }, []],
    ['process', { process: { command: [] } }, ['/process/command']],
    ['container', { container: { image } }, []],
    ['container', { container: { image: 'alpine:latest' } }, ['/container/image']],
    ['container', { container: { image }, wasm: {} }, ['/wasm']],
    ['kernel', { wasm: {} }, ['/tier']],
  ])('of %s with %j', (tier, section, pointers) => {
    expect(pointersOf({ tier, ...section })).toEqual(pointers);
  });
});

describe('manifestJsonSchema()', () => {
  test('describes what is written, not what is read', () => {
    const schema = manifestJsonSchema();
    expect(schema).toMatchObject({
      type: 'object',
      additionalProperties: false,
      required: ['name', 'version', 'kind', 'tier', 'license', 'capabilities'],
    });
    expect(JSON.parse(JSON.stringify(schema))).toEqual(schema);
  });
});

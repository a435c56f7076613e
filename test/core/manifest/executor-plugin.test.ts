import { describe, expect, test } from 'vitest';
import {
  DEFAULT_EXECUTOR_LIMITS,
  EXECUTOR_LIMIT_BOUNDS,
  narrowerLimits,
} from '../../../src/core/manifest/executor-limits.ts';
import { parseManifest } from '../../../src/core/manifest/manifest.ts';
import { toRegisteredPlugin } from '../../../src/core/manifest/to-registered-plugin.ts';
import type { JsonObject } from '../../../src/core/primitives/json.ts';

const HASH = 'a'.repeat(64);

const manifestOf = (process: JsonObject): JsonObject => ({
  name: 'tools',
  version: '1.0.0',
  kind: 'tool',
  tier: 'process',
  license: 'MIT',
  capabilities: [],
  process,
});

function problemsOf(process: JsonObject): readonly string[] {
  const read = parseManifest(manifestOf(process));
  return read.ok ? [] : read.error.map(({ pointer }) => pointer);
}

describe('the section of an executor', () => {
  test.each<[string, JsonObject]>([
    ['a command', { command: ['node', '/plugin/main.mjs'] }],
    ['files and limits', { command: ['x'], filesSha256: HASH, limits: { timeoutMs: 100 } }],
    [
      'a server with pinned tools',
      { protocol: 'mcp', command: ['x'], definitions: { a: HASH }, idleMs: 1 },
    ],
    ['no command where each call brings its own', { protocol: 'argv' }],
  ])('may have %s', (_, process) => {
    expect(problemsOf(process)).toEqual([]);
  });

  test.each<[string, JsonObject, string]>([
    ['no command', {}, '/process/command'],
    [
      'a command where each call brings its own',
      { protocol: 'argv', command: ['x'] },
      '/process/command',
    ],
    ['a server without pins', { protocol: 'mcp', command: ['x'] }, '/process/definitions'],
    ['pins without a server', { command: ['x'], definitions: {} }, '/process/definitions'],
    [
      'a hash that is none',
      { command: ['x'], filesSha256: 'A'.repeat(64) },
      '/process/filesSha256',
    ],
    ['a member that is not known', { command: ['x'], user: 'root' }, '/process/user'],
  ])('may not have %s', (_, process, pointer) => {
    expect(problemsOf(process)).toContain(pointer);
  });

  test('may not let each call bring its own command into a container', () => {
    const { process: _, ...rest } = manifestOf({});
    const container = { protocol: 'argv', image: `ghcr.io/x/y@sha256:${HASH}` };
    const read = parseManifest({ ...rest, tier: 'container', container });
    expect(read.ok ? [] : read.error.map(({ pointer }) => pointer)).toEqual([
      '/container/protocol',
    ]);
  });

  describe('with secrets', () => {
    const config = { type: 'object', properties: { key: { type: 'string', secret: true } } };
    const pointersOf = (secrets: JsonObject, section: JsonObject = { command: ['x'] }) => {
      const read = parseManifest({ ...manifestOf({ ...section, secrets }), config });
      return read.ok ? [] : read.error.map(({ pointer }) => pointer);
    };
    const header = (change: JsonObject) => ({
      key: { as: 'header', header: 'Authorization', ...change },
    });

    test('says how each is given', () => {
      expect(pointersOf({ key: { as: 'file' } })).toEqual([]);
      expect(pointersOf(header({}))).toEqual([]);
      expect(pointersOf(header({ prefix: 'x'.repeat(64) }))).toEqual([]);
    });

    test.each<[string, JsonObject, string]>([
      ['a way that is not known', { key: { as: 'environment' } }, '/process/secrets/key/as'],
      ['no header', { key: { as: 'header' } }, '/process/secrets/key/header'],
      ['two headers in one', header({ header: 'A: b\r\nC' }), '/process/secrets/key/header'],
      ['a line in its prefix', header({ prefix: 'a\n' }), '/process/secrets/key/prefix'],
      ['a prefix too long', header({ prefix: 'x'.repeat(65) }), '/process/secrets/key/prefix'],
      ['a setting that is not declared', { other: { as: 'file' } }, '/process/secrets/other'],
      ['a name that leads elsewhere', { '../key': { as: 'file' } }, '/process/secrets/..~1key'],
    ])('may not have %s', (_, secrets, pointer) => {
      expect(pointersOf(secrets)).toContain(pointer);
    });

    test('may not have any where each call brings its own program', () => {
      const pointers = pointersOf({ key: { as: 'file' } }, { protocol: 'argv' });
      expect(pointers).toEqual(['/process/secrets']);
    });
  });

  test.each(Object.entries(EXECUTOR_LIMIT_BOUNDS))(
    'bounds %s on both sides',
    (name, [least, most]) => {
      const withLimit = (value: number) =>
        problemsOf({ command: ['x'], limits: { [name]: value } });
      expect([withLimit(least), withLimit(most)]).toEqual([[], []]);
      expect(withLimit(least - 1)).toEqual([`/process/limits/${name}`]);
      expect(withLimit(most + 1)).toEqual([`/process/limits/${name}`]);
    },
  );

  test('gives the registry limits for what is left out', () => {
    const read = parseManifest(manifestOf({ command: ['x'], limits: { timeoutMs: 5_000 } }));
    if (!read.ok) throw new Error('The manifest must be good');
    const plugin = toRegisteredPlugin({ manifest: read.value, codeHash: HASH, tierFloor: 'wasm' });
    expect(plugin.executor).toEqual({ ...DEFAULT_EXECUTOR_LIMITS, timeoutMs: 5_000 });
    expect(plugin.wasm).toBeUndefined();
  });
});

describe('narrowerLimits()', () => {
  test('takes the smaller of each, and never more than was asked for', () => {
    const narrowed = narrowerLimits(DEFAULT_EXECUTOR_LIMITS, {
      timeoutMs: 1,
      memoryBytes: 2 ** 40,
    });
    expect(narrowed).toEqual({ ...DEFAULT_EXECUTOR_LIMITS, timeoutMs: 1 });
  });
});

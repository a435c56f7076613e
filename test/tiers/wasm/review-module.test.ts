import { describe, expect, test } from 'vitest';
import { MODULES } from '../../../build/bundled-modules.js';
import { sha256Hex } from '../../../src/blocks/kit/keys.ts';
import { parsePattern } from '../../../src/core/capabilities/pattern.ts';
import type { ToolDefinition } from '../../../src/core/manifest/tool-definition.ts';
import {
  canRun,
  type ModuleManifest,
  reviewModule,
} from '../../../src/tiers/wasm/review-module.ts';
import { HARDENING_VERSION } from '../../../src/wasm-hardening/harden.ts';
import { upload } from '../support/fixtures.ts';
import { buildModule } from '../support/module-builder.ts';

function manifestOf(
  entries: readonly string[],
  changes: Partial<Pick<ModuleManifest, 'limits'>> & { capability?: string } = {},
): ModuleManifest {
  const capability = parsePattern(changes.capability ?? 'tool:file:read:/data');
  if (!capability.ok) throw new Error(capability.error.message);
  const tools = entries.map((entry): ToolDefinition => {
    return { name: entry, description: '', inputSchema: {}, annotations: {}, requires: [], entry };
  });
  return { capabilities: [capability.value], limits: changes.limits ?? {}, tools };
}

const errorsOf = (bytes: Uint8Array, manifest: ModuleManifest) => {
  const reviewed = reviewModule(bytes, manifest);
  return reviewed.ok ? [] : reviewed.error.errors;
};

describe('reviewModule()', () => {
  test('gives the hash of the upload and a module that is metered', () => {
    const bytes = buildModule({ exports: ['run'], memoryPages: 1 });
    const reviewed = reviewModule(bytes, manifestOf(['run']));
    expect(reviewed).toMatchObject({
      ok: true,
      value: { codeHash: sha256Hex(bytes), hardeningVersion: HARDENING_VERSION },
    });
    expect(reviewed.ok && WebAssembly.validate(reviewed.value.hardened)).toBe(true);
    expect(reviewed.ok && Buffer.from(reviewed.value.hardened).toString('latin1')).toContain(
      '__sallyport_fuel',
    );
  });

  test('accepts the fixtures, as far as their host functions exist', () => {
    expect(errorsOf(upload('hostile'), manifestOf(['echo', 'silent']))).toEqual([]);
    expect(errorsOf(upload('ambient'), manifestOf(['clock']))).toEqual([]);
    expect(errorsOf(upload('user-function'), manifestOf(['run']))).toMatchObject([
      { pointer: '/module', detail: expect.stringContaining('extism:host/user') },
    ]);
  });

  test.each([
    ['nothing', new Uint8Array(0)],
    ['a text', new TextEncoder().encode('(module)')],
    ['a module that is cut short', buildModule({ exports: ['run'] }).slice(0, -1)],
    ['a component', new Uint8Array([0, 97, 115, 109, 13, 0, 1, 0])],
  ])('refuses %s', (_, bytes) => {
    expect(errorsOf(bytes, manifestOf([]))).toEqual([
      { pointer: '/module', detail: 'it must be valid WebAssembly' },
    ]);
  });

  test('refuses more than 8 MiB without reading it', () => {
    const errors = errorsOf(new Uint8Array(8 * 1024 * 1024 + 1), manifestOf([]));
    expect(errors).toEqual([{ pointer: '/module', detail: 'it must have at most 8388608 bytes' }]);
  });

  test.each([
    ['env', 'emscripten_memcpy_big'],
    ['wasi_snapshot_preview1', 'fd_everything'],
    ['extism:host/env', 'input_set'],
    ['extism:host/env', 'reset'],
    ['constructor', 'toString'],
  ])('refuses the import %s %s', (module, name) => {
    const bytes = buildModule({ exports: ['run'], imports: [[module, name]] });
    expect(errorsOf(bytes, manifestOf(['run']))).toMatchObject([{ pointer: '/module' }]);
  });

  test('reports every tool without an entry, by its pointer', () => {
    const bytes = buildModule({ exports: ['run'], memoryPages: 1 });
    expect(errorsOf(bytes, manifestOf(['run', 'walk', 'swim']))).toMatchObject([
      { pointer: '/tools/1/entry' },
      { pointer: '/tools/2/entry' },
    ]);
  });

  test('wants an entry to be a function without parameters', () => {
    const bytes = buildModule({ exports: ['run'], hasParameter: true });
    expect(errorsOf(bytes, manifestOf(['run']))).toMatchObject([{ pointer: '/tools/0/entry' }]);
    expect(errorsOf(upload('hostile'), manifestOf(['memory']))).toMatchObject([
      { pointer: '/tools/0/entry' },
    ]);
  });

  test('wants a module that can ask for the network to say so', () => {
    const bytes = upload('network');
    expect(errorsOf(bytes, manifestOf(['body']))).toMatchObject([{ pointer: '/capabilities' }]);
    for (const capability of ['tool:network:http:api.example.org:443', 'tool:*']) {
      expect(errorsOf(bytes, manifestOf(['body'], { capability }))).toEqual([]);
    }
  });

  test('bounds memory as the manifest says', () => {
    const bytes = buildModule({ exports: ['run'], memoryPages: 300 });
    expect(errorsOf(bytes, manifestOf(['run']))).toMatchObject([{ pointer: '/module' }]);
    expect(errorsOf(bytes, manifestOf(['run'], { limits: { memoryPages: 299 } }))).toHaveLength(1);
    expect(errorsOf(bytes, manifestOf(['run'], { limits: { memoryPages: 300 } }))).toEqual([]);
  });
});

describe('canRun()', () => {
  test('is true for anything with a loader, and for the bundle without', () => {
    const [bundled = ''] = MODULES.keys();
    expect(canRun({ LOADER: {} as WorkerLoader }, 'any')).toBe(true);
    expect(canRun({}, bundled)).toBe(true);
    expect(canRun({}, 'any')).toBe(false);
  });
});

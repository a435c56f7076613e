/** What the platform offers inside a plugin's isolate, should our shim there ever be subverted. */

import { env } from 'cloudflare:workers';
import { beforeAll, describe, expect, test } from 'vitest';
import { ISOLATE_MODULES } from '../../../build/isolate-modules.js';
import { randomHex } from '../../../src/blocks/kit/keys.ts';
import { ISOLATE_OPTIONS } from '../../../src/tiers/wasm/isolate-loader.ts';
import { modulesOf } from '../../../src/tiers/wasm/isolate-modules.ts';
import type { WasmTierBindings } from '../../../src/tiers/wasm/wasm-tier-bindings.ts';
import { hardened } from '../support/fixtures.ts';

const { LOADER } = env as unknown as Required<WasmTierBindings>;

/** Tries each thing and notes what came of it; at the top level, and later in a call. */
const PROBE = `
import * as workers from 'cloudflare:workers';
import plugin from './plugin.wasm';

const attempts = {
  eval: () => eval('1 + 1'),
  function: () => new Function('return 1')(),
  compile: () => new WebAssembly.Module(new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0])),
  process: () => process.version,
  buffer: () => Buffer.from('x'),
  require: () => require('node:fs'),
  env: () => { if (Object.keys(workers.env).length === 0) throw new Error('empty'); },
  exports: () => { if (Object.keys(workers.exports).length === 0) throw new Error('empty'); },
  plugin: () => new WebAssembly.Instance(plugin).exports.run(),
  suspending: () => typeof WebAssembly.Suspending + typeof WebAssembly.promising,
};
for (const name of ['fs', 'net', 'tls', 'http', 'dns', 'crypto', 'buffer', 'child_process', 'worker_threads', 'module', 'vm', 'async_hooks', 'os'])
  attempts['node:' + name] = () => import('node:' + name);
const later = {
  fetch: () => fetch('https://example.com/'),
  loopback: () => fetch('http://127.0.0.1:8787/'),
  websocket: () => new WebSocket('wss://example.com/'),
  cache: () => caches.default.match('https://example.com/'),
  connect: async () => {
    const { connect } = await import('cloudflare:sockets');
    const socket = connect('127.0.0.1:8787');
    await socket.opened;
  },
  nodeProcess: async () => {
    const { env, getBuiltinModule } = await import('node:process');
    if (Object.keys(env).length === 0 && getBuiltinModule('fs') === undefined && getBuiltinModule('node:net') === undefined) throw new Error('an empty shell');
  },
};
const outcomes = (attempts) => Promise.all(Object.entries(attempts).map(async ([name, attempt]) => {
  try { return [name, 'worked: ' + await attempt()]; } catch (error) { return [name, 'failed']; }
}));
const atStart = await outcomes(attempts);
export default class extends workers.WorkerEntrypoint {
  async probe() { return [...atStart.map(([name, outcome]) => [name + ' at start', outcome]), ...await outcomes({ ...attempts, ...later })]; }
}`;

/** `(module (func (export "run") (result i32) (i32.const 42)))` */
const FORTY_TWO = new Uint8Array([
  ...[0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 127, 3, 2, 1, 0],
  ...[7, 7, 1, 3, 114, 117, 110, 0, 0, 10, 6, 1, 4, 0, 65, 42, 11],
]);

let outcomes: Map<string, string>;

beforeAll(async () => {
  const worker = LOADER.get(`probe-${randomHex(8)}`, () => ({
    ...ISOLATE_OPTIONS,
    mainModule: 'probe.js',
    modules: { 'probe.js': PROBE, 'plugin.wasm': { wasm: FORTY_TWO } },
  }));
  const entry = worker.getEntrypoint() as unknown as { probe(): Promise<[string, string][]> };
  outcomes = new Map(await entry.probe());
});

describe('the isolate of a plugin', () => {
  test.each(['eval', 'function', 'compile', 'process', 'buffer', 'require', 'env', 'exports'])(
    'has no %s, neither while it starts nor later',
    (name) => {
      expect(outcomes.get(`${name} at start`)).toBe('failed');
      expect(outcomes.get(name)).toBe('failed');
    },
  );

  test.each(['fetch', 'loopback', 'websocket', 'connect', 'cache'])(
    'reaches nothing by %s',
    (name) => {
      expect(outcomes.get(name)).toBe('failed');
    },
  );

  test('can import none of the modules of Node', () => {
    const imported = [...outcomes].filter(
      ([name, outcome]) => name.startsWith('node:') && outcome !== 'failed',
    );
    expect([...outcomes.keys()].filter((name) => name.startsWith('node:')).length).toBe(26);
    expect(imported).toEqual([]);
  });

  test('has of node:process only a shell, without environment or modules', () => {
    expect(outcomes.get('nodeProcess')).toBe('failed');
  });

  test('can run the modules that it was given, and wait for its host', () => {
    expect(outcomes.get('plugin')).toBe('worked: 42');
    expect(outcomes.get('suspending')).toBe('worked: functionfunction');
  });
});

describe('the isolate of a plugin, as its holders see it', () => {
  test.each(['hostile', 'extism', 'network', 'storage', 'wasi'] as const)(
    'answers neither fetch nor connect (%s)',
    async (name) => {
      const { mainModule, modules } = await modulesOf(hardened(name), undefined);
      const worker = LOADER.get(`surface-${name}-${randomHex(8)}`, () => ({
        ...ISOLATE_OPTIONS,
        ...{ mainModule, modules },
      }));
      const entry = worker.getEntrypoint();
      await expect(entry.fetch('https://example.com/')).rejects.toThrow();
      const holder = entry as unknown as Record<string, (argument: null) => Promise<unknown>>;
      // An RPC promise that is looked at makes further ones, which nobody waits for.
      const call = async () => await holder.toModuleCode?.(null);
      await expect(call()).rejects.toThrow();
      expect(await holder.prepare?.(null)).toBeUndefined();
    },
  );

  // The modules of scripts offer a function of that name inside the engine.
  const { javascript: _, ...others } = ISOLATE_MODULES;

  test.each(Object.entries(others))('%s speaks of neither', (_, module) => {
    expect(module?.source).not.toMatch(/fetch|connect/);
  });
});

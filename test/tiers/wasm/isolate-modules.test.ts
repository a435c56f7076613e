/** How much of our code stands next to a plugin: no more than its imports ask for. */

import { describe, expect, test } from 'vitest';
import { modulesOf } from '../../../src/tiers/wasm/isolate-modules.ts';
import { hardened } from '../support/fixtures.ts';

/** Names of our own modules in the isolate of a module with these imports. */
async function oursFor(...imports: readonly (readonly [module: string, name: string])[]) {
  const { modules } = await modulesOf(moduleWith(imports), undefined);
  return Object.keys(modules).filter((name) => name.endsWith('.js'));
}

/** All of a module that is read here: its section of imports, each a function of type 0. */
function moduleWith(imports: readonly (readonly [module: string, name: string])[]): Uint8Array {
  const text = (value: string) => [value.length, ...new TextEncoder().encode(value)];
  const items = imports.flatMap(([module, name]) => [...text(module), ...text(name), 0, 0]);
  const section = [imports.length, ...items];
  const length = [(section.length & 0x7f) | 0x80, section.length >> 7];
  return new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0, 2, ...length, ...section]);
}

const EXTISM = 'extism:host/env';

describe('modulesOf()', () => {
  test('gives one module to code that imports memory functions only, or nothing', async () => {
    expect(await oursFor()).toEqual(['bare.js']);
    expect(await oursFor([EXTISM, 'alloc'], [EXTISM, 'error_set'], ['env', 'abort'])).toEqual([
      'bare.js',
    ]);
  });

  test.each([
    ['text.js', EXTISM, 'log_info'],
    ['text.js', EXTISM, 'config_get'],
    ['text.js', EXTISM, 'var_set'],
    ['http.js', EXTISM, 'http_request'],
    ['http.js', EXTISM, 'http_status_code'],
    ['storage.js', 'extism:host/user', 'kv_get'],
    ['wasi.js', 'wasi_snapshot_preview1', 'fd_write'],
  ] as const)('adds %s for %s %s, and no other', async (file, module, name) => {
    const ours = await oursFor([EXTISM, 'alloc'], [module, name]);
    expect(ours.toSorted()).toEqual([file, 'isolate.js', 'main.js'].toSorted());
  });

  test('adds ambient.js for clock and chance only', async () => {
    const ours = await oursFor(['wasi_snapshot_preview1', 'clock_time_get']);
    expect(ours.toSorted()).toEqual(['ambient.js', 'isolate.js', 'main.js', 'wasi.js']);
  });

  test('adds what each group of imports asks for', async () => {
    const ours = await oursFor(['wasi_snapshot_preview1', 'fd_write'], [EXTISM, 'log_info']);
    expect(ours.toSorted()).toEqual(['isolate.js', 'main.js', 'text.js', 'wasi.js']);
  });

  test('says who waits for a host', async () => {
    for (const name of ['network', 'storage'] as const) {
      expect(await modulesOf(hardened(name), undefined)).toMatchObject({ waits: true });
    }
    for (const name of ['hostile', 'wasi', 'ambient', 'extism'] as const) {
      expect(await modulesOf(hardened(name), undefined)).toMatchObject({ waits: false });
    }
  });

  test('leaves it to the loader to refuse what is no module', async () => {
    const broken = new Uint8Array([0, 97, 115, 109, 1]);
    expect(await modulesOf(broken, undefined)).toMatchObject({ mainModule: 'bare.js' });
  });
});

/** How much of our code stands next to a plugin: no more than its imports ask for. */

import { describe, expect, test } from 'vitest';
import { groupsOf, sizeFor } from '../../../src/tiers/wasm/isolate/host-groups.ts';
import { plainModulesOf } from '../../../src/tiers/wasm/isolate-modules.ts';
import { hardened } from '../support/fixtures.ts';

const EXTISM = 'extism:host/env';

function sizeOf(...imports: readonly (readonly [module: string, name: string])[]) {
  return sizeFor(groupsOf(imports.map(([module, name]) => ({ module, name }))));
}

describe('the isolate of a plugin', () => {
  test('is bare if it imports memory functions only, or nothing', () => {
    expect(sizeOf()).toBe('bare');
    expect(sizeOf([EXTISM, 'alloc'], [EXTISM, 'error_set'], ['env', 'abort'])).toBe('bare');
  });

  test.each(['log_info', 'get_log_level', 'config_get', 'var_get', 'var_set'])(
    'is plain if it imports %s as well',
    (name) => {
      expect(sizeOf([EXTISM, 'alloc'], [EXTISM, name])).toBe('plain');
    },
  );

  test.each([
    [EXTISM, 'http_request'],
    [EXTISM, 'http_status_code'],
    ['extism:host/user', 'kv_get'],
    ['wasi_snapshot_preview1', 'fd_write'],
  ] as const)('is full if it imports %s %s', (module, name) => {
    expect(sizeOf([EXTISM, 'alloc'], [EXTISM, 'log_info'], [module, name])).toBe('full');
  });

  test('is begun at once only for code that waits for nobody', () => {
    for (const quick of ['hostile', 'start-loop'] as const)
      expect(plainModulesOf(hardened(quick))).toMatchObject({ mainModule: 'isolate.js' });
    for (const full of ['network', 'storage', 'wasi'] as const)
      expect(plainModulesOf(hardened(full))).toBeUndefined();
    expect(plainModulesOf(new TextEncoder().encode('export function run() {}'))).toBeUndefined();
    expect(plainModulesOf(new Uint8Array([0, 97, 115, 109, 1]))).toBeUndefined();
  });
});

import { describe, expect, test } from 'vitest';
import { isHostFunction } from '../../src/wasm-hardening/host-functions.ts';

describe('isHostFunction()', () => {
  test.each([
    ['extism:host/env', 'alloc'],
    ['extism:host/env', 'get_log_level'],
    ['extism:host/user', 'kv_get'],
    ['extism:host/user', 'kv_delete'],
    ['wasi_snapshot_preview1', 'fd_write'],
    ['wasi_snapshot_preview1', 'sock_shutdown'],
    ['env', 'abort'],
  ])('knows %s %s', (module, name) => {
    expect(isHostFunction(module, name)).toBe(true);
  });

  test.each([
    ['extism:host/env', 'reset'], // only a host may call these two of the kernel's functions
    ['extism:host/env', 'input_set'],
    ['extism:host/env', 'Alloc'],
    ['extism:host/env', 'toString'],
    ['extism:host/user', ''],
    ['extism:host/user', 'http_get'],
    ['extism:host/user', 'Kv_get'],
    ['extism:host/user', 'kv_get\n'],
    ['extism:host/env', 'kv_get'],
    ['wasi_snapshot_preview1', 'fd_write '],
    ['wasi_snapshot_preview1', '__proto__'],
    ['wasi_unstable', 'fd_write'],
    ['env', 'memory'],
    ['', 'abort'],
    ['__proto__', 'abort'],
  ])('does not know %j %j', (module, name) => {
    expect(isHostFunction(module, name)).toBe(false);
  });
});

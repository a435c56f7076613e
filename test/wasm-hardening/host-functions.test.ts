import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { hostFunctionType } from '../../src/wasm-hardening/host-functions.ts';
import { harden } from './support/hardened.ts';

const KERNEL = join(import.meta.dirname, '../../src/tiers/wasm/isolate/kernel.wat');

describe('hostFunctionType()', () => {
  test.each([
    ['extism:host/env', 'alloc', '(i64)->(i64)'],
    ['extism:host/env', 'get_log_level', '()->(i32)'],
    ['extism:host/user', 'kv_get', '(i64)->(i64)'],
    ['extism:host/user', 'kv_list', '(i64,i64,i64)->(i64)'],
    ['wasi_snapshot_preview1', 'fd_write', '(i32,i32,i32,i32)->(i32)'],
    ['wasi_snapshot_preview1', 'proc_exit', '(i32)->()'],
    ['env', 'abort', '(i32,i32,i32,i32)->()'],
  ])('knows %s %s', (module, name, type) => {
    expect(hostFunctionType(module, name)).toBe(type);
  });

  test('has the functions of the kernel in the types that the kernel has them in', () => {
    const offered = harden(readFileSync(KERNEL, 'utf8'))
      .exports.map(({ name, type }) => [hostFunctionType('extism:host/env', name), type])
      .filter(([known]) => known !== undefined);
    expect(offered).toHaveLength(15);
    for (const [known, type] of offered) expect(known).toBe(type);
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
    expect(hostFunctionType(module, name)).toBeUndefined();
  });
});

import { describe, expect, test } from 'vitest';
import { abiOf } from '../../../src/core/manifest/wasm-abi.ts';

const EXTISM = { module: 'extism:host/env', name: 'output_set' };
const STORAGE = { module: 'extism:host/user', name: 'kv_get' };
const WASI = { module: 'wasi_snapshot_preview1', name: 'fd_write' };
const ABORT = { module: 'env', name: 'abort' };

describe('abiOf()', () => {
  test('is Extism wherever something of Extism is imported, WASI beside it or not', () => {
    expect(abiOf([EXTISM])).toBe('extism-1');
    expect(abiOf([WASI, ABORT, STORAGE])).toBe('extism-1');
  });

  test('is WASI where nothing else is imported', () => {
    expect(abiOf([WASI])).toBe('wasi-1');
    expect(abiOf([ABORT, WASI])).toBe('wasi-1');
  });

  test('cannot be told of a module that imports neither', () => {
    expect(abiOf([])).toBeUndefined();
    expect(abiOf([ABORT])).toBeUndefined();
  });
});

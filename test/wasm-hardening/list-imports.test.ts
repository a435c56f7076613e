/** What a module imports, told from its first sections alone. */

import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { listImports } from '../../src/wasm-hardening/list-imports.ts';

const EMPTY = [0, 97, 115, 109, 1, 0, 0, 0];

test.each(['text-stats', 'http-fetch', 'kv-notes'])('lists what the engine lists of %s', (name) => {
  const bytes = readFileSync(`build/bundled/${name}.wasm`);
  const expected = WebAssembly.Module.imports(new WebAssembly.Module(bytes));
  expect(expected.length).toBeGreaterThan(0);
  expect(listImports(bytes)).toEqual(expected.map(({ module, name }) => ({ module, name })));
});

test('lists nothing of a module without imports', () => {
  expect(listImports(new Uint8Array(EMPTY))).toEqual([]);
});

test.each([
  ['nothing', []],
  ['a script', [...new TextEncoder().encode('export {}')]],
  ['half a header', EMPTY.slice(0, 5)],
  ['a section that is cut off', [...EMPTY, 2, 9, 1]],
  ['an import that is cut off', [...EMPTY, 2, 4, 1, 3, 101, 110]],
  ['more imports than there may be', [...EMPTY, 2, 3, 0xe9, 0x07, 0]],
  ['bytes behind the imports', [...EMPTY, 2, 2, 0, 0]],
])('takes %s for no module', (_what, bytes) => {
  expect(listImports(new Uint8Array(bytes))).toBeUndefined();
});

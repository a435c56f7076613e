import { expect, test } from 'vitest';
import { parseManifest } from '../../../src/core/manifest/manifest.ts';
import { toRegisteredPlugin } from '../../../src/core/manifest/to-registered-plugin.ts';
import { DEFAULT_WASM_LIMITS } from '../../../src/core/manifest/wasm-limits.ts';
import { findObjection } from '../../../src/core/policy/authorize.ts';
import type { JsonObject } from '../../../src/core/primitives/json.ts';
import { authority, NOW } from '../policy/authority-builder.ts';

function register(change: JsonObject = {}, tierFloor: 'wasm' | 'container' = 'wasm') {
  const parsed = parseManifest({
    ...{ name: 'stats', version: '1.0.0', kind: 'tool', tier: 'wasm', license: 'MIT' },
    capabilities: ['tool:network:http:a.example:443'],
    tools: [{ name: 'text-stats', description: 'Counts', inputSchema: { type: 'object' } }],
    ...change,
  });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.error));
  return toRegisteredPlugin({ manifest: parsed.value, codeHash: 'c0de', tierFloor });
}

test('a plugin may call its own tools without saying so, and no others', () => {
  const by = authority({ plugins: [register()] });
  const ask = (capability: string) => findObjection(by, { capability, now: NOW, plugin: 'stats' });
  expect(ask('tool:call:text-stats')).toBeUndefined();
  expect(ask('tool:call:other')).toBe('plugin_allow_missing');
});

test('unless it denies them', () => {
  const by = authority({ plugins: [register({ deny: ['tool:call'] })] });
  const question = { capability: 'tool:call:text-stats', now: NOW, plugin: 'stats' };
  expect(findObjection(by, question)).toBe('plugin_deny_match');
});

test('the limits of the manifest replace the defaults, one by one', () => {
  expect(register({ limits: { fuel: 5_000 }, wasm: { clock: true } }).wasm).toEqual({
    ...DEFAULT_WASM_LIMITS,
    fuel: 5_000,
    clock: true,
    randomness: false,
  });
});

test('the workspace raises the tier', () => {
  expect(register().tier).toBe('wasm');
  expect(register({}, 'container').tier).toBe('container');
});

/**
 * The hostile modules of `test/tiers/fixtures`, as uploaded and as the build has hardened them.
 */

import ambient from '../../../build/fixtures/ambient.wasm';
import extism from '../../../build/fixtures/extism.wasm';
import hostile from '../../../build/fixtures/hostile.wasm';
import network from '../../../build/fixtures/network.wasm';
import startLoop from '../../../build/fixtures/start-loop.wasm';
import storage from '../../../build/fixtures/storage.wasm';
import texts from '../../../build/fixtures/texts.wasm';
import uploads from '../../../build/fixtures/uploads.txt';
import wasi from '../../../build/fixtures/wasi.wasm';
import type { WasmLimits } from '../../../src/core/manifest/wasm-limits.ts';
import type { PluginJob } from '../../../src/tiers/wasm/isolate/plugin-protocol.ts';
import { hardenModule } from '../../../src/wasm-hardening/harden.ts';
import { DEFAULT_HARDENING_POLICY } from '../../../src/wasm-hardening/hardening-policy.ts';
import { LIMITS } from './limits.ts';

const UPLOADS: Readonly<Record<string, string>> = JSON.parse(uploads);

export type FixtureName =
  | 'ambient'
  | 'extism'
  | 'hostile'
  | 'network'
  | 'self-test'
  | 'start-loop'
  | 'storage'
  | 'texts'
  | 'wasi';

export function upload(name: FixtureName): Uint8Array {
  return new Uint8Array(Buffer.from(UPLOADS[name] ?? '', 'base64'));
}

export function hardened(name: FixtureName): Uint8Array {
  const result = hardenModule(upload(name), DEFAULT_HARDENING_POLICY);
  if (!result.ok) throw new Error(result.error.message);
  return result.value.bytes;
}

/** What a build with these plugins in it would hold, under their names instead of hashes. */
export const FIXTURE_MODULES: ReadonlyMap<string, WebAssembly.Module> = new Map([
  ['ambient', ambient],
  ['extism', extism],
  ['hostile', hostile],
  ['network', network],
  ['start-loop', startLoop],
  ['storage', storage],
  ['texts', texts],
  ['wasi', wasi],
]);

export function job(entry: string, input = '{}', limits: Partial<WasmLimits> = {}): PluginJob {
  return { plugin: 'fixture', tool: 'probe', entry, input, limits: { ...LIMITS, ...limits } };
}

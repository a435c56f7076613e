/** Isolates without a lane: the loader of the tests, and a ledger in memory. */

import { env } from 'cloudflare:workers';
import type { LedgerEntry } from '../../../src/tiers/wasm/isolate-ledger.ts';
import { IsolateLoader } from '../../../src/tiers/wasm/isolate-loader.ts';
import { type IsolateSource, PluginIsolates } from '../../../src/tiers/wasm/plugin-isolates.ts';
import type { WasmTierBindings } from '../../../src/tiers/wasm/wasm-tier-bindings.ts';

const { ASSETS, LOADER } = env as unknown as Required<WasmTierBindings>;

export function memoryLedger(): IsolateSource['ledger'] {
  const entries = new Map<string, LedgerEntry>();
  return {
    add: (entry) => void entries.set(entry.id, entry),
    remove: (id) => void entries.delete(id),
    all: () => [...entries.values()],
  };
}

/** `source` states what matters to a test. */
export function openIsolates(
  source: Pick<IsolateSource, 'fetchCode'> & Partial<IsolateSource>,
): PluginIsolates {
  const loader = new IsolateLoader(LOADER, ASSETS);
  return new PluginIsolates({ loader, ledger: memoryLedger(), now: () => Date.now(), ...source });
}

/**
 * What the benchmark of Wasm calls runs: one plugin of each kind that the tier supports, by what its
 * imports ask of the host. What it asks of its host is answered at once.
 *
 * @module
 */

import { DEFAULT_WASM_LIMITS } from '../../src/core/manifest/wasm-limits.ts';
import type { PluginJob } from '../../src/tiers/wasm/isolate/plugin-protocol.ts';

export interface PluginKind {
  /** Of what the build has made, hardened where it is a module. */
  readonly file: string;
  readonly entry: string;
  readonly input: Readonly<Record<string, unknown>>;
}

const TEXT = { text: 'the quick brown fox jumps over the lazy dog' };

const WASI = 'build/fixtures/wasi.wasm';

export const PLUGIN_KINDS = {
  compute: { file: 'build/bundled/text-stats.wasm', entry: 'text_stats', input: TEXT },
  variables: { file: 'build/fixtures/texts.wasm', entry: 'variables', input: TEXT },
  // As kits compile for it whose language knows no other host.
  'log-and-wasi': { file: 'build/fixtures/extism.wasm', entry: 'log_input', input: TEXT },
  'wasi-command': { file: WASI, entry: '_start', input: TEXT },
  'wasi-reactor': { file: WASI, entry: 'cat', input: TEXT },
  http: {
    file: 'build/bundled/http-fetch.wasm',
    ...{ entry: 'http_fetch', input: { url: 'https://example.com/' } },
  },
  storage: { file: 'build/bundled/kv-notes.wasm', entry: 'note_get', input: { id: 1 } },
  javascript: {
    file: 'build/plugins/regex-extract/plugin.js',
    ...{ entry: 'regexExtract', input: { ...TEXT, expression: 'o' } },
  },
} as const satisfies Readonly<Record<string, PluginKind>>;

export type PluginKindName = keyof typeof PLUGIN_KINDS;

export function isPluginKind(name: string): name is PluginKindName {
  return Object.hasOwn(PLUGIN_KINDS, name);
}

export function jobOf(kind: PluginKindName): PluginJob {
  const { entry, input } = PLUGIN_KINDS[kind];
  return {
    ...{ plugin: kind, tool: kind, entry, input: JSON.stringify(input) },
    limits: DEFAULT_WASM_LIMITS,
  };
}

/** Runs plugins in JavaScript as the tier does: each in an isolate of its own, through the loader. */

import { env } from 'cloudflare:workers';
import type { WasmLimits } from '../../../src/core/manifest/wasm-limits.ts';
import type {
  PluginHost,
  PluginJob,
  PluginReport,
} from '../../../src/tiers/wasm/isolate/plugin-protocol.ts';
import { IsolateLoader, type LoadedIsolate } from '../../../src/tiers/wasm/isolate-loader.ts';
import { judgeRun } from '../../../src/tiers/wasm/judge-run.ts';
import type { WasmTierBindings } from '../../../src/tiers/wasm/wasm-tier-bindings.ts';
import { job } from './fixtures.ts';
import { ScriptedHost } from './scripted-host.ts';

const { ASSETS, LOADER } = env as unknown as Required<WasmTierBindings>;

const loader = new IsolateLoader(LOADER, ASSETS);
const loaded = new Map<string, LoadedIsolate>();

export interface ScriptRun {
  readonly input?: string;
  /** `run` unless stated. */
  readonly entry?: string;
  readonly limits?: Partial<WasmLimits>;
  readonly config?: PluginJob['config'];
  readonly host?: PluginHost;
}

/** The same source gets the same isolate. */
export async function runScript(source: string, given: ScriptRun = {}): Promise<PluginReport> {
  const isolate = loaded.get(source) ?? (await load(source));
  const { entry = 'run', input, limits, config } = given;
  const asked = { ...job(entry, input, limits), ...(config && { config }) };
  return judgeRun(asked, await isolate.run(asked, given.host ?? new ScriptedHost()));
}

export async function load(source: string): Promise<LoadedIsolate> {
  const code = new TextEncoder().encode(source);
  const isolate = await loader.load(`script-${loaded.size}`, code, () => undefined);
  if (isolate === undefined) throw new Error('Cannot load the script');
  loaded.set(source, isolate);
  return isolate;
}

/** The body of a tool, as a module. */
export const tool = (body: string, head = '') => `${head}\nexport function run(args) { ${body} }`;

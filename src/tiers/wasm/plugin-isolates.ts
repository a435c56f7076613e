/**
 * Gives each plugin an isolate of its own through the Worker loader, and keeps the ones in use.
 *
 * The loader remembers failures: a name whose code could not be loaded, or whose callback threw,
 * fails for as long as the process lives. So the bytes are at hand before a name is asked for,
 * and a failure is tried once more under a fresh name. Locally the loader is shared by all Workers
 * of the process and never lets go of an isolate, so a name holds everything that its code depends
 * on, and isolates beyond a number are ended from within.
 *
 * @module
 */

import kernel from '../../../build/kernel.wasm';
import source from '../../../build/plugin-isolate.txt';
import { randomHex } from '../../blocks/kit/keys.ts';
import { HARDENING_VERSION } from '../../wasm-hardening/harden.ts';
import type PluginIsolate from './isolate/plugin-isolate.ts';
import type { PluginHost, PluginJob, PluginReport } from './isolate/plugin-protocol.ts';
import type { PluginCodeName, PluginRunner, PluginRunners } from './plugin-runner.ts';

/** Isolates that one workspace keeps; each holds some 2 MB. */
export const MAX_ISOLATES = 16;

/**
 * CPU milliseconds of one call, enforced by the platform in production only: a second line, far
 * above what the largest amount of fuel takes.
 */
const MAX_CPU_MS = 10_000;

/** Neither Node's modules, nor code from text, nor an environment, nor a network. */
export const ISOLATE_OPTIONS = {
  compatibilityDate: '2026-10-23',
  compatibilityFlags: [
    'no_nodejs_compat',
    'no_nodejs_compat_v2',
    'disallow_eval_during_startup',
    'disallow_importable_env',
  ],
  env: {},
  globalOutbound: null,
  limits: { cpuMs: MAX_CPU_MS },
} satisfies Partial<WorkerLoaderWorkerCode>;

const SHIM = 'plugin-isolate.js';

export interface HardenedCode {
  readonly hardened: Uint8Array;
  readonly hardeningVersion: number;
}

export interface IsolateSource {
  readonly loader: WorkerLoader;
  readonly fetchCode: (name: PluginCodeName) => Promise<HardenedCode | undefined>;
}

export class PluginIsolates implements PluginRunners {
  readonly #source: IsolateSource;
  /** By all that names their code; the least recently used comes first. */
  readonly #open = new Map<string, Isolate>();

  constructor(source: IsolateSource) {
    this.#source = source;
  }

  async open(name: PluginCodeName): Promise<PluginRunner | undefined> {
    const key = keyOf(name);
    const isolate = this.#open.get(key) ?? (await this.#load(key, name));
    if (isolate === undefined) return undefined;
    this.#open.delete(key);
    this.#open.set(key, isolate);
    this.#endIdle();
    return { run: (job, host) => this.#run(key, isolate, { job, host }) };
  }

  async #run(
    key: string,
    isolate: Isolate,
    call: { readonly job: PluginJob; readonly host: PluginHost },
  ): Promise<PluginReport> {
    isolate.callsInside += 1;
    try {
      return await (isolate.suspends
        ? isolate.entry.run(call.job, call.host)
        : isolate.entry.run(call.job));
    } catch (thrown) {
      if (this.#open.get(key) === isolate) this.#open.delete(key);
      return { ...LOST_RUN, end: endOfLostRun(thrown) };
    } finally {
      isolate.callsInside -= 1;
    }
  }

  async #load(key: string, name: PluginCodeName): Promise<Isolate | undefined> {
    const code = await this.#source.fetchCode(name);
    // Code hardened by older rules does not run: what they let pass may be why they changed.
    if (code?.hardeningVersion !== HARDENING_VERSION) return undefined;
    const id = `${key}:${code.hardeningVersion}`;
    return (
      (await this.#start(`${id}#0`, code.hardened)) ??
      (await this.#start(`${id}#${randomHex(4)}`, code.hardened))
    );
  }

  async #start(id: string, plugin: Uint8Array): Promise<Isolate | undefined> {
    const worker = this.#source.loader.get(id, () => ({
      ...ISOLATE_OPTIONS,
      mainModule: SHIM,
      modules: {
        [SHIM]: source,
        'kernel.wasm': { wasm: kernel },
        'plugin.wasm': { wasm: plugin },
      },
    }));
    const entry = worker.getEntrypoint<PluginIsolate>();
    try {
      const { suspends } = await entry.describe();
      return { entry, suspends, callsInside: 0 };
    } catch {
      return undefined;
    }
  }

  #endIdle(): void {
    for (const [key, isolate] of this.#open) {
      if (this.#open.size <= MAX_ISOLATES) return;
      if (isolate.callsInside > 0) continue;
      this.#open.delete(key);
      // The isolate ends before it can answer.
      isolate.entry.dispose().catch(() => undefined);
    }
  }
}

interface Isolate {
  readonly entry: Fetcher<PluginIsolate>;
  readonly suspends: boolean;
  callsInside: number;
}

function keyOf({ workspace, plugin, codeHash, memoryPages }: PluginCodeName): string {
  return `${workspace}:${plugin}:${codeHash}:${memoryPages}`;
}

const LOST_RUN = { output: '', fuel: 0, memoryPages: 0, suspendedMs: 0 };

/** The platform ends an isolate only where our own limits should have ended it before. */
function endOfLostRun(thrown: unknown): 'fuel' | 'memory' | 'trap' {
  const message = thrown instanceof Error ? thrown.message : '';
  if (/\bCPU\b/.test(message)) return 'fuel';
  return /\bmemory\b/i.test(message) ? 'memory' : 'trap';
}

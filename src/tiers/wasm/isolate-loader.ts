/**
 * Starts and ends isolates through the Worker loader.
 *
 * The loader remembers failures: a name whose code could not be loaded, or whose callback threw,
 * fails for as long as the process lives. So the bytes are at hand before a name is asked for,
 * and a failure is tried once more under a fresh name. Locally the loader is shared by all Workers
 * of the process and never lets go of an isolate, so a name holds everything that its code depends
 * on, and isolates are ended from within.
 *
 * @module
 */

import { randomHex } from '../../blocks/kit/keys.ts';
import type PluginIsolate from './isolate/plugin-isolate.ts';
import { engineOf, type IsolateModules, modulesOf } from './isolate-modules.ts';
import type { Network } from './wasm-tier-bindings.ts';

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

/** What runs under a name that has no isolate, so that ending it needs no code of the plugin's. */
const NOBODY = `import { abortIsolate, WorkerEntrypoint } from 'cloudflare:workers';
export default class extends WorkerEntrypoint {
  dispose() { queueMicrotask(() => abortIsolate('There was nobody')); }
}`;

export interface LoadedIsolate {
  /** Under which the loader knows it. */
  readonly id: string;
  readonly entry: Fetcher<PluginIsolate>;
  /** Whether its jobs need a host. */
  readonly suspends: boolean;
}

export class IsolateLoader {
  readonly #loader: WorkerLoader;
  readonly #assets: Network | undefined;

  constructor(loader: WorkerLoader, assets: Network | undefined) {
    this.#loader = loader;
    this.#assets = assets;
  }

  /**
   * Answers once the code is compiled; `undefined` if it cannot be. `note` hears each name before
   * it is used.
   *
   * @throws Fault as {@link modulesOf} does.
   */
  async load(
    name: string,
    plugin: Uint8Array,
    note: (id: string) => void,
  ): Promise<LoadedIsolate | undefined> {
    const base = `${name}:${engineOf(plugin)}`;
    const modules = await modulesOf(plugin, this.#assets);
    for (const id of [`${base}#0`, `${base}#${randomHex(4)}`]) {
      note(id);
      const isolate = await this.#start(id, modules);
      if (isolate !== undefined) return isolate;
    }
    return undefined;
  }

  /** Gives up the isolate of that name, if there is one. Never rejects. */
  async end(id: string): Promise<void> {
    const worker = this.#loader.get(id, () => ({
      ...ISOLATE_OPTIONS,
      mainModule: 'nobody.js',
      modules: { 'nobody.js': NOBODY },
    }));
    // It ends before it can answer.
    await worker
      .getEntrypoint<PluginIsolate>()
      .dispose()
      .catch(() => undefined);
  }

  async #start(id: string, modules: IsolateModules): Promise<LoadedIsolate | undefined> {
    const worker = this.#loader.get(id, () => ({
      ...ISOLATE_OPTIONS,
      ...modules,
    }));
    const entry = worker.getEntrypoint<PluginIsolate>();
    try {
      const { suspends } = await entry.describe();
      return { id, entry, suspends };
    } catch {
      return undefined;
    }
  }
}

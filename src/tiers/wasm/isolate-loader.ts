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
import type { PlainIsolate, PluginHost, PluginJob, RunEnding } from './isolate/plugin-protocol.ts';
import { engineOf, type IsolateModules, modulesOf, plainModulesOf } from './isolate-modules.ts';
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
  /** Whether its jobs wait for their host. */
  readonly suspends: boolean;
  /** Rejects if the isolate is lost, which the platform does where our own limits have failed. */
  readonly run: (job: PluginJob, host: PluginHost) => Promise<RunEnding>;
}

/** The platform's types know isolates of classes only. */
interface RemotePlainIsolate {
  run(...args: Parameters<PlainIsolate['run']>): Promise<RunEnding>;
}

const NOT_NEEDED = 'The plugin is not needed any more';

const ENCODER = new TextEncoder();

export class IsolateLoader {
  readonly #loader: WorkerLoader;
  readonly #assets: Network | undefined;

  constructor(loader: WorkerLoader, assets: Network | undefined) {
    this.#loader = loader;
    this.#assets = assets;
  }

  /**
   * Only begins, where nothing is lost if the first run shows that the code cannot be loaded: runs of
   * code that reaches nothing can be repeated. `undefined` for other code. `note` hears the name.
   */
  begin(name: string, plugin: Uint8Array, note: (id: string) => void): LoadedIsolate | undefined {
    const modules = plainModulesOf(plugin);
    if (modules === undefined) return undefined;
    const id = `${name}:plain#0`;
    note(id);
    const entry = this.#open(id, modules).getEntrypoint() as unknown as RemotePlainIsolate;
    const run = ({ entry: tool, input, limits, config }: PluginJob): Promise<RunEnding> =>
      entry.run({
        ...{ input: ENCODER.encode(input), fuel: limits.fuel },
        ...{ maxOutputBytes: limits.maxOutputBytes },
        ...(tool !== undefined && { entry: tool }),
        ...(config && { config }),
      });
    return { id, suspends: false, run };
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
      .dispose(NOT_NEEDED)
      .catch(() => undefined);
  }

  async #start(id: string, modules: IsolateModules): Promise<LoadedIsolate | undefined> {
    const entry = this.#open(id, modules).getEntrypoint<PluginIsolate>();
    try {
      const { suspends } = await entry.describe();
      return {
        ...{ id, suspends },
        run: (job, host) => (suspends ? entry.run(job, host) : entry.run(job)),
      };
    } catch {
      return undefined;
    }
  }

  #open(id: string, modules: IsolateModules): WorkerStub {
    return this.#loader.get(id, () => ({ ...ISOLATE_OPTIONS, ...modules }));
  }
}

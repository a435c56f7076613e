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
import type { PluginIsolate } from './isolate/plugin-isolate.ts';
import type { PluginHost, PluginJob, RunEnding } from './isolate/plugin-protocol.ts';
import { type IsolateModules, madeOf, modulesOf } from './isolate-modules.ts';
import type { Network } from './wasm-tier-bindings.ts';

/**
 * CPU milliseconds of one call, enforced by the platform in production only: a second line, far
 * above what ordinary work takes for the largest amount of fuel.
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
const NOBODY = `import { abortIsolate } from 'cloudflare:workers';
export default { dispose(reason) { queueMicrotask(() => abortIsolate(reason)); } };`;

export interface LoadedIsolate {
  /** Under which the loader knows it. */
  readonly id: string;
  /** Rejects if the isolate is lost, which the platform does where our own limits have failed. */
  readonly run: (job: PluginJob, host: PluginHost) => Promise<RunEnding>;
}

/** The platform's types know isolates of classes only. */
type RemoteIsolate = {
  [Name in keyof PluginIsolate]: (
    argument: Parameters<PluginIsolate[Name]>[0],
  ) => Promise<Awaited<ReturnType<PluginIsolate[Name]>>>;
};

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
   * Only begins: that the code cannot be loaded, the first run will show. `note` hears the name.
   *
   * @throws Fault as {@link modulesOf} does.
   */
  async begin(
    name: string,
    plugin: Uint8Array,
    note: (id: string) => void,
  ): Promise<LoadedIsolate> {
    const modules = await modulesOf(plugin, this.#assets);
    return this.#begin(`${name}:${madeOf(plugin)}#0`, modules, note).isolate;
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
    const modules = await modulesOf(plugin, this.#assets);
    for (const part of ['surely', randomHex(4)]) {
      const id = `${name}:${madeOf(plugin)}#${part}`;
      const { entry, isolate } = this.#begin(id, modules, note);
      const isReady = await entry.prepare(null).then(
        () => true,
        () => false,
      );
      if (isReady) return isolate;
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
    await toRemote(worker)
      .dispose(NOT_NEEDED)
      .catch(() => undefined);
  }

  #begin(id: string, { waits, mainModule, modules }: IsolateModules, note: (id: string) => void) {
    note(id);
    const worker = this.#loader.get(id, () => ({ ...ISOLATE_OPTIONS, mainModule, modules }));
    const entry = toRemote(worker);
    const run = (job: PluginJob, host: PluginHost) => {
      const input = ENCODER.encode(job.input);
      return entry.run({ ...job, input, ...(waits && { host }) });
    };
    return { entry, isolate: { id, run } };
  }
}

function toRemote(worker: WorkerStub): RemoteIsolate {
  return worker.getEntrypoint() as unknown as RemoteIsolate;
}

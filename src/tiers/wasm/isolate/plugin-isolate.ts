/**
 * What a plugin's own isolate offers to its lane. All JavaScript there is ours; the plugin is the
 * Wasm module that the loader put beside it.
 *
 * It has no `fetch` and no `connect`, since whoever holds the stub could call them, and an empty
 * environment: what a job may do arrives with the job. An object in place of a class: the class would
 * have to extend one of a module of the platform, and reading that module is a tenth of what it takes
 * to begin an isolate. The platform calls functions of an object with exactly one argument.
 *
 * @module
 */

import { callPlugin } from './call-plugin.ts';
import { type ModuleParts, toModuleCode } from './module-code.ts';
import type { IsolateJob, RunEnding } from './plugin-protocol.ts';

export interface PluginIsolate {
  run(job: IsolateJob): RunEnding | Promise<RunEnding>;
  /** Answers once the code has been compiled, for those that will be sure of it. */
  prepare(nothing: null): void;
  /**
   * Gives the isolate up: a later call by its name finds a new one, and this one is freed when the
   * calls in it are over. Never answers. In a microtask, since thrown in the call itself it would
   * be reported as an error of the runtime.
   */
  dispose(reason: string): Promise<void>;
}

/** `prepare`: what there is to do before the first job. */
export function createIsolate(
  run: PluginIsolate['run'],
  prepare: () => void = () => undefined,
): PluginIsolate {
  return {
    run,
    prepare,
    dispose: async (reason) => {
      const { abortIsolate } = await import('cloudflare:workers');
      queueMicrotask(() => abortIsolate(reason));
    },
  };
}

export function createModuleIsolate(parts: ModuleParts): PluginIsolate {
  const code = toModuleCode(parts);
  return createIsolate((job) => callPlugin(code, job));
}

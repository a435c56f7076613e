/**
 * The trusted entry of a plugin's own isolate. All JavaScript there is ours; the plugin is the
 * Wasm module that the loader put beside it.
 *
 * It has no `fetch` and no `connect`, since whoever holds the stub could call them, and an empty
 * environment: what a job may do arrives with the job.
 *
 * @module
 */

import { abortIsolate, WorkerEntrypoint } from 'cloudflare:workers';
import { callPlugin, readPluginCode } from './call-plugin.ts';
import kernel from './kernel.wasm';
import plugin from './plugin.wasm';
import type { PluginHost, PluginJob, RunEnding } from './plugin-protocol.ts';

const CODE = readPluginCode(plugin, kernel);

/** What the lane needs to know before its first job. */
export interface IsolateDescription {
  /** Whether jobs need a host. */
  readonly suspends: boolean;
}

export default class PluginIsolate extends WorkerEntrypoint {
  /** Answers once the module has been compiled. */
  describe(): IsolateDescription {
    return { suspends: CODE.suspends };
  }

  run(job: PluginJob, host?: PluginHost): Promise<RunEnding> {
    return callPlugin(CODE, job, host);
  }

  /**
   * Gives the isolate up: a later call by its name finds a new one, and this one is freed when the
   * calls in it are over. Never answers. In a microtask, since thrown in the call itself it would
   * be reported as an error of the runtime.
   */
  dispose(reason: string): void {
    queueMicrotask(() => abortIsolate(reason));
  }
}

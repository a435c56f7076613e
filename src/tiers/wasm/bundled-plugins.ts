/**
 * Plugins that were compiled into the Worker, for deployments without a Worker loader.
 *
 * They run in the isolate of the gateway: metered, bounded and with the same host functions, but
 * an error in the engine's own sandbox would reach further than in an isolate of their own. So
 * only the project's own examples are bundled, and uploads of other code are refused.
 *
 * @module
 */

import { HARDENING_VERSION as BUNDLED_VERSION, MODULES } from '../../../build/bundled-modules.js';
import kernel from '../../../build/kernel.wasm';
import { HARDENING_VERSION } from '../../wasm-hardening/harden.ts';
import { callPlugin, readPluginCode } from './isolate/call-plugin.ts';
import { judgeRun } from './judge-run.ts';
import type { PluginCodeName, PluginRunner, PluginRunners } from './plugin-runner.ts';

/** Whether this build holds that code; the hash is that of the upload. */
export function isBundled(codeHash: string): boolean {
  return BUNDLED_VERSION === HARDENING_VERSION && MODULES.has(codeHash);
}

export class BundledPlugins implements PluginRunners {
  readonly #modules: ReadonlyMap<string, WebAssembly.Module>;

  constructor(modules: ReadonlyMap<string, WebAssembly.Module> = MODULES) {
    this.#modules = modules;
  }

  async open({ codeHash }: PluginCodeName): Promise<PluginRunner | undefined> {
    const module = this.#modules.get(codeHash);
    if (module === undefined) return undefined;
    const code = readPluginCode(module, kernel);
    return { run: async (job, host) => judgeRun(job, await callPlugin(code, job, host)) };
  }

  /** Nothing is kept but what is part of this Worker. */
  async retire(): Promise<void> {}
}

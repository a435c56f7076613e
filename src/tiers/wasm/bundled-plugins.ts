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
import { abiOf } from '../../core/manifest/wasm-abi.ts';
import { HARDENING_VERSION } from '../../wasm-hardening/harden.ts';
import { assemblyScriptFunctions } from './isolate/assemblyscript-host.ts';
import { callPlugin, type PluginCode } from './isolate/call-plugin.ts';
import { memoryFunctions } from './isolate/extism-memory.ts';
import { textFunctions } from './isolate/extism-text.ts';
import { httpFunctions } from './isolate/guest-http.ts';
import { storageFunctions } from './isolate/guest-storage.ts';
import { groupsOf, type Provider, waitsForHost } from './isolate/host-groups.ts';
import type { Provide } from './isolate/host-run.ts';
import { toModuleCode } from './isolate/module-code.ts';
import { ambientFunctions } from './isolate/wasi-ambient.ts';
import { wasiFunctions } from './isolate/wasi-host.ts';
import { judgeRun } from './judge-run.ts';
import type { PluginCodeName, PluginRunner, PluginRunners } from './plugin-runner.ts';

const ENCODER = new TextEncoder();

/** All of them, since they are in this Worker anyway. */
export const PROVIDERS: Readonly<Record<Provider, Provide>> = {
  ...{ memoryFunctions, assemblyScriptFunctions, textFunctions },
  ...{ httpFunctions, storageFunctions, wasiFunctions, ambientFunctions },
};

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
    const code = codeOf(module);
    return {
      run: async (job, host) =>
        judgeRun(job, await callPlugin(code, { ...job, input: ENCODER.encode(job.input), host })),
    };
  }

  /** Nothing is kept but what is part of this Worker. */
  async retire(): Promise<void> {}
}

function codeOf(plugin: WebAssembly.Module): PluginCode {
  const imports = WebAssembly.Module.imports(plugin);
  const groups = groupsOf(imports);
  return toModuleCode({
    ...{ plugin, kernel, abi: abiOf(imports) ?? 'extism-1', suspends: waitsForHost(groups) },
    provided: groups.map(({ module, provide }) => [module, PROVIDERS[provide]] as const),
  });
}

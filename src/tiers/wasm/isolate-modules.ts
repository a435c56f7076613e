/**
 * What an isolate is made of: our code, the modules of the tier, and the plugin's own code.
 *
 * @module
 */

import bareShim from '../../../build/bare-isolate.txt';
import { JAVASCRIPT_ENGINE } from '../../../build/javascript-engine.js';
import javascriptShim from '../../../build/javascript-isolate.txt';
import kernel from '../../../build/kernel.wasm';
import plainShim from '../../../build/plain-isolate.txt';
import wasmShim from '../../../build/plugin-isolate.txt';
import { isScript } from '../../plugin-review/script-facts.ts';
import { listImports } from '../../wasm-hardening/list-imports.ts';
import { groupsOf, sizeFor } from './isolate/host-groups.ts';
import { readQuickJs } from './javascript/read-quickjs.ts';
import type { Network } from './wasm-tier-bindings.ts';

export interface IsolateModules {
  readonly mainModule: string;
  readonly modules: Readonly<Record<string, WorkerLoaderModule | string>>;
}

const PLAIN_SHIMS = { bare: bareShim, plain: plainShim };

const KERNEL = { 'kernel.wasm': { wasm: kernel } };

/** Of a module whose runs reach nothing beyond themselves and wait for nobody; `undefined` for other code. */
export function plainModulesOf(code: Uint8Array): IsolateModules | undefined {
  const imports = isScript(code) ? undefined : listImports(code);
  const size = imports && sizeFor(groupsOf(imports));
  if (size === undefined || size === 'full') return undefined;
  const modules = { 'isolate.js': PLAIN_SHIMS[size], 'plugin.wasm': { wasm: code } };
  return { mainModule: 'isolate.js', modules: { ...modules, ...KERNEL } };
}

/**
 * Of any plugin's code as it is to run; that of a reviewer of scripts has no code at all.
 *
 * @throws Fault `internal` if the code is a script and its engine is not among the assets.
 */
export async function modulesOf(
  code: Uint8Array,
  assets: Network | undefined,
): Promise<IsolateModules> {
  if (isScript(code)) {
    const source = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(code);
    const modules = {
      'javascript-isolate.js': javascriptShim,
      'plugin.txt': { text: source },
      'quickjs.wasm': { wasm: await readQuickJs(assets) },
    };
    return { mainModule: 'javascript-isolate.js', modules: { ...modules, ...KERNEL } };
  }
  const modules = { 'plugin-isolate.js': wasmShim, 'plugin.wasm': { wasm: code } };
  return { mainModule: 'plugin-isolate.js', modules: { ...modules, ...KERNEL } };
}

/** What the results of code depend on besides the hardening; empty if on nothing else. */
export function engineOf(code: Uint8Array): string {
  return isScript(code) ? JAVASCRIPT_ENGINE : '';
}

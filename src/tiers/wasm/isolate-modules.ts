/**
 * What an isolate is made of: our code, as much of it as the plugin's imports need, the modules of the
 * tier, and the plugin's own code.
 *
 * @module
 */

import { ISOLATE_MODULES, ISOLATE_VERSION } from '../../../build/isolate-modules.js';
import { JAVASCRIPT_ENGINE } from '../../../build/javascript-engine.js';
import kernel from '../../../build/kernel.wasm';
import { abiOf, type WasmAbi } from '../../core/manifest/wasm-abi.ts';
import { isScript } from '../../plugin-review/script-facts.ts';
import { listImports } from '../../wasm-hardening/list-imports.ts';
import { groupsOf, type HostGroup, waitsForHost } from './isolate/host-groups.ts';
import { readEngine } from './javascript/read-engine.ts';
import type { Network } from './wasm-tier-bindings.ts';

export interface IsolateModules {
  readonly mainModule: string;
  readonly modules: Readonly<Record<string, WorkerLoaderModule | string>>;
  /** Whether a job needs a host to wait for. */
  readonly waits: boolean;
}

const KERNEL = { 'kernel.wasm': { wasm: kernel } };

/**
 * Of any plugin's code as it is to run; that of a reviewer of scripts has no code at all.
 *
 * @throws Fault `internal` if the code is a script and its engine is not among the assets.
 */
export async function modulesOf(
  code: Uint8Array,
  assets: Network | undefined,
): Promise<IsolateModules> {
  return isScript(code) ? await scriptModulesOf(code, assets) : moduleModulesOf(code);
}

/** Part of an isolate's name: what is loaded there besides the code, as this deployment has it. */
export function madeOf(code: Uint8Array): string {
  return `${ISOLATE_VERSION}:${isScript(code) ? JAVASCRIPT_ENGINE : ''}`;
}

function moduleModulesOf(code: Uint8Array): IsolateModules {
  const imports = listImports(code) ?? [];
  const groups = groupsOf(imports);
  const waits = waitsForHost(groups);
  const given = { 'plugin.wasm': { wasm: code }, ...KERNEL };
  if (groups.every(({ file }) => file === 'isolate')) {
    return { mainModule: 'bare.js', modules: { ...withImports(['bare']), ...given }, waits };
  }
  const main = writeMain(groups, { waits, abi: abiOf(imports) ?? 'extism-1' });
  const ours = withImports(['isolate', ...groups.map(({ file }) => file)]);
  return { mainModule: 'main.js', modules: { 'main.js': main, ...ours, ...given }, waits };
}

async function scriptModulesOf(
  code: Uint8Array,
  assets: Network | undefined,
): Promise<IsolateModules> {
  const source = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(code);
  const { module, image } = await readEngine(assets);
  const given = {
    'plugin.txt': { text: source },
    'quickjs.wasm': { wasm: module },
    'quickjs.image': { data: image },
    ...KERNEL,
  };
  const modules = { ...withImports(['javascript']), ...given };
  // Which modules a source imports, only the engine can say: so it may always wait.
  return { mainModule: 'javascript.js', modules, waits: true };
}

/** The entry of the isolate of a module: joins what is the same for all with what it asks for. */
function writeMain(
  groups: readonly HostGroup[],
  { waits, abi }: { readonly waits: boolean; readonly abi: WasmAbi },
): string {
  const imports = groups.map(
    ({ file, provide }, index) => `import { ${provide} as f${index} } from './${file}.js';`,
  );
  const provided = groups.map(({ module }, index) => `['${module}', f${index}]`).join();
  return `import { createModuleIsolate } from './isolate.js';
import plugin from './plugin.wasm';
import kernel from './kernel.wasm';
${imports.join('')}
export default createModuleIsolate({
plugin, kernel, abi: '${abi}', suspends: ${waits}, provided: [${provided}] });`;
}

/** Modules of ours and all that they import. */
function withImports(names: readonly string[]): Readonly<Record<string, string>> {
  const modules: Record<string, string> = {};
  const add = (name: string) => {
    const module = ISOLATE_MODULES[name];
    if (module === undefined || `${name}.js` in modules) return;
    modules[`${name}.js`] = module.source;
    for (const imported of module.imports) add(imported);
  };
  for (const name of names) add(name);
  return modules;
}

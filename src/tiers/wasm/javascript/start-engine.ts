/**
 * Starts the engine and puts our globals and modules into it. The build does so once: isolates begin
 * with the memory that comes of it.
 *
 * @module
 */

import { SCRIPT_MODULES } from '../../../plugin-review/script-modules.ts';
import type { HostRun } from '../isolate/host-run.ts';
import { instantiateEngine, type Prelude } from './engine.ts';
import { type Address, EVAL, INTRINSICS } from './engine-exports.ts';
import type { EngineHost } from './engine-imports.ts';
import { HOST_FUNCTION_NAMES } from './host-functions.ts';
import { MemoryImage } from './memory-image.ts';
import type { QuickJs } from './quickjs.ts';

export interface EngineParts {
  /** QuickJS, hardened. */
  readonly module: WebAssembly.Module;
  /** A script that evaluates to `install` of `guest/prelude.ts`. */
  readonly prelude: string;
}

export interface StartedEngine {
  readonly prelude: Prelude;
  readonly image: MemoryImage;
}

/**
 * Deepest stack, in bytes of the engine's memory: some 1,000 simple calls. V8's own stack holds at
 * least as many, so that it is the engine that finds the end of it, and a plugin can catch that.
 */
const MAX_STACK_BYTES = 262_144;

/** `run` pays for it and is of no use afterwards. */
export function startEngine({ module, prelude }: EngineParts, run: HostRun): StartedEngine {
  const quickJs = instantiateEngine(module, { run, host: NO_HOST, suspends: false });
  start(quickJs);
  const installed = install(quickJs, prelude);
  quickJs.exports.qjs_run_gc();
  return { prelude: installed, image: MemoryImage.of(quickJs.exports) };
}

const NO_HOST: EngineHost = {
  call: () => undefined,
  mayImport: () => false,
  sourceOf: () => undefined,
};

function start({ exports }: QuickJs): void {
  exports._initialize();
  if (exports.qjs_init2(INTRINSICS) !== 0) throw new Error('Cannot start the engine');
  exports.qjs_set_module_loader(1);
  exports.qjs_set_max_stack_size(MAX_STACK_BYTES);
}

/** Where the exports of our modules are while they are made into modules. */
const MODULES_GLOBAL = '__sallyport_modules';

function install(quickJs: QuickJs, prelude: string): Prelude {
  const { exports } = quickJs;
  const host = exports.qjs_new_object();
  for (const name of HOST_FUNCTION_NAMES) {
    quickJs.setProperty(host, name, quickJs.newHostFunction(name));
  }
  const installer = expectValue(quickJs, quickJs.evaluate(prelude, 'prelude.js', EVAL.script));
  const argv = quickJs.writeArguments([host]);
  const call = exports.qjs_call(installer, exports.qjs_get_undefined(), 1, argv);
  const installed = expectValue(quickJs, call);

  const global = exports.qjs_get_global();
  quickJs.setProperty(global, MODULES_GLOBAL, quickJs.property(installed, 'modules'));
  for (const [name, { exports: names }] of Object.entries(SCRIPT_MODULES)) {
    const source = `export const { ${names.join(', ')} } = ${MODULES_GLOBAL}['${name}'];`;
    expectValue(quickJs, quickJs.evaluate(source, name, EVAL.module));
  }
  quickJs.evaluate(`delete globalThis.${MODULES_GLOBAL}`, 'prelude.js', EVAL.script);
  return {
    invoke: quickJs.property(installed, 'invoke'),
    describe: quickJs.property(installed, 'describe'),
  };
}

/** Our own code does not throw. */
function expectValue(quickJs: QuickJs, value: Address): Address {
  if (!quickJs.isException(value)) return value;
  throw new Error(`Cannot start the engine: ${quickJs.takeError().message}`);
}

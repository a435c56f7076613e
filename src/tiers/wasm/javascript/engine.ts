/**
 * The engine with our globals and modules in it, before any plugin: made once in an isolate.
 *
 * @module
 */

import { SCRIPT_MODULES } from '../../../plugin-review/script-modules.ts';
import type { HostRun } from '../isolate/host-run.ts';
import { type Address, EVAL, INTRINSICS } from './engine-exports.ts';
import { type EngineHost, engineImports } from './engine-imports.ts';
import { HOST_FUNCTION_NAMES } from './host-functions.ts';
import { MemoryImage } from './memory-image.ts';
import { QuickJs } from './quickjs.ts';

/** What the build makes, and an isolate is given. */
export interface EngineParts {
  /** QuickJS, hardened. */
  readonly module: WebAssembly.Module;
  /** A script that evaluates to `install` of `guest/prelude.ts`. */
  readonly prelude: string;
}

/** Functions of the prelude: their addresses in every instance made from the engine's image. */
export interface Prelude {
  /** Takes the namespace of a module, the name of a tool and its arguments as JSON. */
  readonly invoke: Address;
  /** Takes an error and answers its description. */
  readonly describe: Address;
}

/** One instance to be made of the engine. */
export interface Instantiation {
  readonly run: HostRun;
  readonly host: EngineHost;
  /** Whether host functions may wait. */
  readonly suspends: boolean;
}

/**
 * Deepest stack, in bytes of the engine's memory: some 1,000 simple calls. V8's own stack holds at
 * least as many, so that it is the engine that finds the end of it, and a plugin can catch that.
 */
const MAX_STACK_BYTES = 262_144;

export class Engine {
  readonly prelude: Prelude;
  /** What a plugin's instance begins with. */
  readonly image: MemoryImage;
  readonly #module: WebAssembly.Module;

  /** `run` pays for it and is of no use afterwards. */
  constructor({ module, prelude }: EngineParts, run: HostRun) {
    this.#module = module;
    const quickJs = this.#instantiate({ run, host: NO_HOST, suspends: false });
    start(quickJs);
    this.prelude = install(quickJs, prelude);
    quickJs.exports.qjs_run_gc();
    this.image = new MemoryImage(quickJs.exports);
  }

  instantiate(given: Instantiation, image: MemoryImage): QuickJs {
    const quickJs = this.#instantiate(given);
    image.restore(quickJs.exports);
    return quickJs;
  }

  #instantiate(given: Instantiation): QuickJs {
    const made: { quickJs?: QuickJs } = {};
    const engine = () => {
      if (made.quickJs === undefined) throw new Error('Cannot use the engine before it is there');
      return made.quickJs;
    };
    const instance = new WebAssembly.Instance(this.#module, engineImports({ ...given, engine }));
    made.quickJs = new QuickJs(given.run.guest, instance);
    return made.quickJs;
  }
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

/**
 * The engine with our globals and modules in it, before any plugin.
 *
 * @module
 */

import type { HostRun } from '../isolate/host-run.ts';
import type { Address } from './engine-exports.ts';
import { type EngineHost, engineImports } from './engine-imports.ts';
import type { MemoryImage } from './memory-image.ts';
import { QuickJs } from './quickjs.ts';

/** Functions of the prelude: their addresses in every instance made from the engine's image. */
export interface Prelude {
  /** Takes the namespace of a module, the name of a tool and its arguments as JSON. */
  readonly invoke: Address;
  /** Takes an error and answers its description. */
  readonly describe: Address;
}

/** What the build makes, and an isolate is given. */
export interface EngineParts {
  /** QuickJS, hardened. */
  readonly module: WebAssembly.Module;
  readonly prelude: Prelude;
  /** What a plugin's instance begins with. */
  readonly image: MemoryImage;
}

/** One instance to be made of the engine. */
export interface Instantiation {
  readonly run: HostRun;
  readonly host: EngineHost;
  /** Whether host functions may wait. */
  readonly suspends: boolean;
}

export class Engine {
  readonly prelude: Prelude;
  readonly image: MemoryImage;
  readonly #module: WebAssembly.Module;

  constructor({ module, prelude, image }: EngineParts) {
    this.#module = module;
    this.prelude = prelude;
    this.image = image;
  }

  instantiate(given: Instantiation, image: MemoryImage): QuickJs {
    const quickJs = instantiateEngine(this.#module, given);
    image.restore(quickJs.exports);
    return quickJs;
  }
}

/** In which nothing has run yet. */
export function instantiateEngine(module: WebAssembly.Module, given: Instantiation): QuickJs {
  const made: { quickJs?: QuickJs } = {};
  const engine = () => {
    if (made.quickJs === undefined) throw new Error('Cannot use the engine before it is there');
    return made.quickJs;
  };
  const instance = new WebAssembly.Instance(module, engineImports({ ...given, engine }));
  made.quickJs = new QuickJs(given.run.guest, instance);
  return made.quickJs;
}

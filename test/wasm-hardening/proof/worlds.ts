/**
 * Two worlds in which the same script runs: one of modules as they were uploaded, one of the same
 * modules hardened.
 */

import { FUEL_EXPORT, START_EXPORT } from '../../../src/wasm-hardening/reserved-exports.ts';
import type { Action } from './commands.ts';
import { toPlainCall } from './vector-call.ts';

/** What came of an action or an instantiation. */
export type Outcome =
  | { readonly kind: 'values'; readonly values: readonly unknown[] }
  | { readonly kind: 'trap'; readonly message: string }
  /** Something that JavaScript could not even ask for. */
  | { readonly kind: 'unasked' };

export interface Signature {
  readonly parameters: readonly string[];
  readonly results: readonly string[];
}

/** Enough for every call of the suite. */
const AMPLE_FUEL = 1n << 50n;

export class World {
  private readonly instances = new Map<string, WebAssembly.Exports>();
  private readonly registered = new Map<string, WebAssembly.ModuleImports>();
  private readonly fuel: WebAssembly.Global<'i64'>[] = [];
  private current: WebAssembly.Exports | undefined;

  constructor() {
    this.registered.set('spectest', createSpectest());
  }

  /** Whether everything that the module imports is there: it may have been refused. */
  offersImportsOf(bytes: Uint8Array<ArrayBuffer>): boolean {
    return WebAssembly.Module.imports(new WebAssembly.Module(bytes)).every(
      ({ module, name }) => this.registered.get(module)?.[name] !== undefined,
    );
  }

  /** Answers what a trap said, if there was one; a link error is thrown. */
  instantiate(bytes: Uint8Array<ArrayBuffer>, name: string | undefined): Outcome {
    this.skip(name);
    const imports = Object.fromEntries(this.registered);
    return trapOr(() => {
      const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes), imports);
      const fuel = exports[FUEL_EXPORT];
      if (fuel instanceof WebAssembly.Global) this.fuel.push(fuel as WebAssembly.Global<'i64'>);
      this.fill();
      const start = exports[START_EXPORT];
      if (typeof start === 'function') (start as () => void)();
      this.current = exports;
      if (name !== undefined) this.instances.set(name, exports);
      return [];
    });
  }

  /** Forgets the module at hand: what follows in the script does not mean an earlier one. */
  skip(name: string | undefined): void {
    this.current = undefined;
    if (name !== undefined) this.instances.delete(name);
  }

  register(as: string, module: string | undefined): void {
    const exports = this.find(module);
    if (exports === undefined) this.registered.delete(as);
    else this.registered.set(as, withoutOurs(exports));
  }

  /** Whether there is anything that the action could mean. */
  has(action: Action): boolean {
    return this.find(action.module) !== undefined;
  }

  run(action: Action, signature: Signature | undefined): Outcome {
    const target = this.find(action.module)?.[action.name];
    if (target instanceof WebAssembly.Global) return { kind: 'values', values: [target.value] };
    if (typeof target !== 'function' || action.values === undefined) return { kind: 'unasked' };
    const call = toPlainCall(target as (...values: unknown[]) => unknown, action.values, signature);
    this.fill();
    return trapOr(call);
  }

  private find(module: string | undefined): WebAssembly.Exports | undefined {
    return module === undefined ? this.current : this.instances.get(module);
  }

  /** Modules call each other, and each has a counter of its own. */
  private fill(): void {
    for (const fuel of this.fuel) fuel.value = AMPLE_FUEL;
  }
}

function withoutOurs(exports: WebAssembly.Exports): WebAssembly.ModuleImports {
  return Object.fromEntries(
    Object.entries(exports).filter(([name]) => !name.startsWith('__sallyport_')),
  ) as WebAssembly.ModuleImports;
}

function trapOr(run: () => readonly unknown[]): Outcome {
  try {
    return { kind: 'values', values: run() };
  } catch (thrown) {
    if (thrown instanceof RangeError) return { kind: 'trap', message: 'stack overflow' };
    if (thrown instanceof WebAssembly.RuntimeError)
      return { kind: 'trap', message: thrown.message };
    if (thrown instanceof WebAssembly.Exception) return { kind: 'trap', message: 'exception' };
    throw thrown;
  }
}

/** The host module that scripts may import. */
function createSpectest(): WebAssembly.ModuleImports {
  const print = () => undefined;
  const global = (value: 'i32' | 'i64' | 'f32' | 'f64', initial: number | bigint) =>
    new WebAssembly.Global({ value }, initial as never);
  return {
    ...{ print, print_i32: print, print_i64: print, print_f32: print, print_f64: print },
    ...{ print_i32_f32: print, print_f64_f64: print },
    global_i32: global('i32', 666),
    global_i64: global('i64', 666n),
    global_f32: global('f32', 666.6),
    global_f64: global('f64', 666.6),
    table: new WebAssembly.Table({ initial: 10, maximum: 20, element: 'anyfunc' }),
    memory: new WebAssembly.Memory({ initial: 1, maximum: 2 }),
  };
}

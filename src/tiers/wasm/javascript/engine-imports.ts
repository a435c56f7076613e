/**
 * What the engine imports: the modules and host functions of a plugin, and a system without files.
 *
 * @module
 */

import { HOST_CALL_FUEL } from '../isolate/guest.ts';
import type { HostRun } from '../isolate/host-run.ts';
import { ambientFunctions } from '../isolate/wasi-ambient.ts';
import { wasiFunctions } from '../isolate/wasi-host.ts';
import type { Address } from './engine-exports.ts';
import { GuestMistake } from './guest-mistake.ts';
import type { GuestValue, QuickJs } from './quickjs.ts';

/** What the code in one instance may ask for. Names and values are a stranger's. */
export interface EngineHost {
  call(name: string, values: readonly GuestValue[]): GuestValue | Promise<GuestValue>;
  /** Whether `specifier` may be imported by the module `from`. */
  mayImport(specifier: string, from: string): boolean;
  sourceOf(moduleName: string): string | undefined;
}

export interface EngineRun {
  readonly run: HostRun;
  readonly host: EngineHost;
  /** Whether host functions may wait, which takes a stack that can sleep. */
  readonly suspends: boolean;
  /** The instance, once there is one. */
  readonly engine: () => QuickJs;
}

/** All times of day are UTC. */
const UTC_OFFSET_SECONDS = 0;

export function engineImports(given: EngineRun): WebAssembly.Imports {
  const { host, engine } = given;
  return {
    wasi_snapshot_preview1: { ...wasiFunctions(given.run), ...ambientFunctions(given.run) },
    env: {
      host_call: callFunction(given),
      host_module_normalize: (from: Address, specifier: Address) =>
        resolve(engine(), host, { from, specifier }),
      host_module_load: (name: Address, length: Address) => load(engine(), host, { name, length }),
      host_get_timezone_offset: () => UTC_OFFSET_SECONDS,
      // Neither is asked for: fuel interrupts, and nobody listens for rejections.
      host_interrupt: () => 0,
      host_promise_rejection: () => undefined,
    },
  };
}

function callFunction({ run, host, suspends, engine }: EngineRun): WebAssembly.ImportValue {
  // biome-ignore lint/complexity/useMaxParams: as the engine passes them
  const call = (
    name: Address,
    length: number,
    _receiver: Address,
    argc: number,
    argv: Address,
  ): Address | Promise<Address> => {
    run.guest.charge(HOST_CALL_FUEL);
    const into = engine();
    const fail = (thrown: unknown) => throwInto(into, thrown);
    try {
      const answer = host.call(into.textAt(name, length), into.readArguments(argc, argv));
      if (!(answer instanceof Promise)) return into.newValue(answer);
      return answer.then((value) => into.newValue(value)).catch(fail);
    } catch (thrown) {
      return fail(thrown);
    }
  };
  if (!suspends) return call;
  // What comes without a promise does not put the stack to sleep.
  return new WebAssembly.Suspending(call as never) as unknown as WebAssembly.ImportValue;
}

/** Answers 0, for an exception. What is no mistake of the plugin ends the run. */
function throwInto(engine: QuickJs, thrown: unknown): Address {
  if (!(thrown instanceof GuestMistake)) throw thrown;
  engine.throwError(thrown.message);
  return 0;
}

/** Names are as they are written: there are no paths to resolve. */
function resolve(
  engine: QuickJs,
  host: EngineHost,
  { from, specifier }: Readonly<Record<'from' | 'specifier', Address>>,
): Address {
  engine.guest.charge(HOST_CALL_FUEL);
  const name = engine.textAt(specifier);
  if (host.mayImport(name, engine.textAt(from))) return engine.give(name).address;
  engine.throwError(`Cannot import "${name}": it must be a module that the host offers`);
  return 0;
}

function load(
  engine: QuickJs,
  host: EngineHost,
  { name, length }: Readonly<Record<'name' | 'length', Address>>,
): Address {
  const source = host.sourceOf(engine.textAt(name));
  if (source === undefined) return 0;
  const text = engine.give(source);
  engine.guest.view(length, 4).setUint32(0, text.length, true);
  return text.address;
}

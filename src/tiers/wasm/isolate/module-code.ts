/**
 * A hardened module as code that the tier can call, with the host functions that it imports.
 *
 * @module
 */

import type { WasmAbi } from '../../../core/manifest/wasm-abi.ts';
import type { PluginCode } from './call-plugin.ts';
import { enterAll, giveInput, type Step, stepsInto } from './enter-plugin.ts';
import type { HostRun, Provide } from './host-run.ts';

export interface ModuleParts {
  readonly plugin: WebAssembly.Module;
  readonly kernel: WebAssembly.Module;
  readonly abi: WasmAbi;
  /** Whether a host function that it imports waits for the lane. */
  readonly suspends: boolean;
  /** What provides the functions, each with the module that they are imported from. */
  readonly provided: readonly (readonly [module: string, provide: Provide])[];
}

type Entry = () => unknown;

export function toModuleCode(parts: ModuleParts): PluginCode {
  const { kernel, abi } = parts;
  return { kernel, abi, execute: (run) => execute(parts, run) };
}

function execute(parts: ModuleParts, run: HostRun): unknown {
  const { guest, job } = run;
  if (parts.abi === 'extism-1') giveInput(guest, job);
  const instance = new WebAssembly.Instance(parts.plugin, importsOf(parts, run));
  const steps = stepsInto(guest, instance, job);
  return parts.suspends ? enterWaiting(steps) : enterAll(steps);
}

/** Suspension costs a stack of its own, so only plugins that may need one get it. */
async function enterWaiting(steps: readonly Step[]): Promise<unknown> {
  let returned: unknown;
  for (const [exported, ...args] of steps) {
    returned =
      typeof exported === 'function'
        ? await WebAssembly.promising(exported as Entry)(...args)
        : undefined;
  }
  return returned;
}

function importsOf({ provided }: ModuleParts, run: HostRun): WebAssembly.Imports {
  const imports: WebAssembly.Imports = {};
  for (const [module, provide] of provided) {
    imports[module] = Object.assign(imports[module] ?? {}, provide(run));
  }
  return imports;
}

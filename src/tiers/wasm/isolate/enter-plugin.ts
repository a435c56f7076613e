/**
 * What is entered of a plugin, and in which order: what it needs before its first call, then the
 * tool.
 *
 * @module
 */

import { START_EXPORT } from '../../../wasm-hardening/reserved-exports.ts';
import { attach, type GuestState } from './guest.ts';
import { GuestStop } from './guest-stop.ts';
import { writeBlock } from './kernel.ts';
import type { IsolateJob } from './plugin-protocol.ts';

/** What is no function is passed over, and answers nothing. */
export type Step = readonly [exported: unknown, ...args: number[]];

/** The entry of a WASI command, which initialises itself. */
const COMMAND_ENTRY = '_start';

/** Export by which a plugin may say, before it serves, that it cannot: answers 0 if all is well. */
const SELF_TEST = 'sallyport_self_test';

/** What plugins of the Extism ABI read their input from. */
export function giveInput({ kernel }: GuestState, { input }: IsolateJob): void {
  kernel.input_set(writeBlock(kernel, input), BigInt(input.length));
}

/**
 * Of a fresh instance: start function, then what WASI reactors and Haskell's runtime need before the
 * first call, and in the end the tool, or if none is named the self-test.
 */
export function stepsInto(
  state: GuestState,
  instance: WebAssembly.Instance,
  { entry }: IsolateJob,
): readonly Step[] {
  const exports = attach(state, instance);
  const tool = exports[entry ?? SELF_TEST];
  const last: Step = [entry !== undefined && typeof tool !== 'function' ? refuse : tool];
  const start: Step = [exports[START_EXPORT]];
  if (entry === COMMAND_ENTRY) return [start, last];
  const initialise: Step = [exports._initialize ?? exports.__wasm_call_ctors];
  return [start, initialise, [exports.hs_init, 0, 0], last];
}

/** Answers what the last of them returned. */
export function enterAll(steps: readonly Step[]): unknown {
  let returned: unknown;
  for (const [exported, ...args] of steps) {
    returned = typeof exported === 'function' ? exported(...args) : undefined;
  }
  return returned;
}

/** In place of a tool that is not there: what comes before it has run, and has its cost. */
function refuse(): never {
  throw new GuestStop('plugin_error');
}

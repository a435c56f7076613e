/**
 * Calls a function of the engine, and runs on until nothing is left to do.
 *
 * @module
 */

import type { Address } from './engine-exports.ts';
import { notNull, type QuickJs, type Settled } from './quickjs.ts';

export interface EngineCall {
  readonly fn: Address;
  readonly values: readonly Address[];
  /** Whether it gets a stack that can sleep, since a host function may have to wait. */
  readonly suspends: boolean;
}

/** What a call came to: a value, or a promise of one. */
export async function call(
  quickJs: QuickJs,
  { fn, values, suspends }: EngineCall,
): Promise<Address> {
  const { qjs_call: enter, qjs_get_undefined: undefinedValue } = quickJs.exports;
  const argv = quickJs.writeArguments(values);
  const run = suspends ? promising(enter) : enter;
  return notNull(await run(fn, undefinedValue(), values.length, argv));
}

/**
 * Runs what promises have put off. Answers how `promise` was settled; nothing if there is nothing
 * left that could settle it. Fuel bounds how often code can put off more.
 */
export async function settle(
  quickJs: QuickJs,
  promise: Address,
  suspends: boolean,
): Promise<Settled | undefined> {
  const { qjs_execute_pending_job: runJob, qjs_is_job_pending: isPending } = quickJs.exports;
  const run = suspends ? promising(runJob) : runJob;
  while (isPending() !== 0) {
    const isThrown = (await run()) < 0;
    if (isThrown) quickJs.exports.qjs_free_value(quickJs.exports.qjs_get_exception());
  }
  return quickJs.settled(promise);
}

type EngineFunction = (...values: number[]) => number;

function promising(fn: EngineFunction): (...values: number[]) => Promise<number> {
  return WebAssembly.promising(fn) as (...values: number[]) => Promise<number>;
}

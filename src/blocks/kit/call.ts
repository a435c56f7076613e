/**
 * Calls to another block that may be sent twice, and those that are not waited for without end.
 *
 * @module
 */

import { Fault, isOverload } from '../../core/errors/fault.ts';
import { timeout } from './in-parallel.ts';

/** What the platform sets on an error when the object was reset, or asks for another attempt. */
interface PlatformError {
  readonly durableObjectReset?: boolean;
  readonly retryable?: boolean;
}

/**
 * Calls a block, and once more through a new stub if its object was reset meanwhile. Only for calls
 * that do no harm when they happen twice: the first may have been done before the answer was lost.
 */
export async function callAgainAfterReset<Api, T>(
  connect: () => Api,
  call: (api: Api) => Promise<T>,
): Promise<T> {
  try {
    return await call(connect());
  } catch (thrown) {
    if (!mayRepeat(thrown)) throw thrown;
    return await call(connect());
  }
}

/** Longest that a block is waited for which only has to look something up, in milliseconds. */
const LOOK_UP_MS = 10_000;

/**
 * What a block answers that does nothing but look something up.
 *
 * @throws Fault `deadline_exceeded`, naming the `block`, if it does not say so in time.
 */
export async function lookUp<T>(block: string, answer: Promise<T>): Promise<T> {
  const late = timeout(LOOK_UP_MS);
  const isLate = late.promise.then(() => {
    throw new Fault('deadline_exceeded', `Cannot go on: the ${block} must answer`);
  });
  return await Promise.race([answer, isLate]).finally(late.clear);
}

function mayRepeat(thrown: unknown): boolean {
  if (typeof thrown !== 'object' || thrown === null) return false;
  const { durableObjectReset, retryable } = thrown as PlatformError;
  return (durableObjectReset === true || retryable === true) && !isOverload(thrown);
}

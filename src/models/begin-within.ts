/**
 * Gives a provider so much time to begin its answer. Once it has begun, only the turn's own deadline and
 * cancellation end it.
 *
 * @module
 */

import { timedOut } from './provider-fault.ts';

interface Patience {
  /** Named in the fault. */
  readonly provider: string;
  readonly firstByteMs: number;
}

/** @throws ModelFault `timed-out`; the request that was begun is aborted. */
export async function beginWithin<T>(
  { provider, firstByteMs }: Patience,
  signal: AbortSignal,
  begin: (signal: AbortSignal) => PromiseLike<T>,
): Promise<T> {
  const impatience = new AbortController();
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    late.reject(timedOut(provider));
    impatience.abort();
  }, firstByteMs);
  try {
    const begun = Promise.resolve(begin(AbortSignal.any([signal, impatience.signal])));
    begun.catch(() => {}); // after the race is lost nobody hears of it
    return await Promise.race([begun, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}

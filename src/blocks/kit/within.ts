/**
 * What somebody else is asked for, and given up after a while.
 *
 * The platform keeps an object in memory, and bills it, for as long as a timer of it is to ring. So the timer
 * goes with the answer, which that of `AbortSignal.timeout` does not.
 *
 * @module
 */

/** Aborts the signal after so many milliseconds, unless it is over by then. Rejects as `ask` does. */
export async function within<T>(ms: number, ask: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(), ms);
  try {
    return await ask(late.signal);
  } finally {
    clearTimeout(timer);
  }
}

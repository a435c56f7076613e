/**
 * Calls to another block that may be sent twice.
 *
 * @module
 */

/** What the platform sets on an error when the object was reset, or asks for another attempt. */
interface PlatformError {
  readonly durableObjectReset?: boolean;
  readonly retryable?: boolean;
  readonly overloaded?: boolean;
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

function mayRepeat(thrown: unknown): boolean {
  if (typeof thrown !== 'object' || thrown === null) return false;
  const { durableObjectReset, retryable, overloaded } = thrown as PlatformError;
  return (durableObjectReset === true || retryable === true) && overloaded !== true;
}

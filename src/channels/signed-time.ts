/**
 * When a webhook was signed. A recording of one must not be good for ever.
 *
 * @module
 */

/** How far a signature's time may be from ours, in milliseconds: what the platforms recommend. */
const MAX_SIGNATURE_AGE_MS = 300_000;

/** Whether a time in Unix seconds, as a header writes it, is near enough. */
export function isRecent(unixSeconds: string | undefined, now: number): boolean {
  if (unixSeconds === undefined || !/^[0-9]{1,12}$/.test(unixSeconds)) return false;
  return Math.abs(now - Number(unixSeconds) * 1_000) <= MAX_SIGNATURE_AGE_MS;
}

/**
 * When somebody else wants to be asked again.
 *
 * @module
 */

/** What a `Retry-After` says, in milliseconds from now: seconds, or a date (RFC 9110, section 10.2.3). */
export function readRetryAfter(header: string | null, now: number): number | undefined {
  if (header === null) return undefined;
  if (/^[0-9]{1,9}(\.[0-9]{1,9})?$/.test(header)) return Number(header) * 1_000;
  // biome-ignore lint/style/noRestrictedGlobals: reads no clock
  const at = header.endsWith(' GMT') ? Date.parse(header) : Number.NaN;
  return Number.isNaN(at) ? undefined : Math.max(0, at - now);
}

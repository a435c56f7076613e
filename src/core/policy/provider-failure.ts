/**
 * How a provider can fail to give a reply. Each way has a breaker of its own.
 *
 * @module
 */

export const PROVIDER_FAILURES = [
  'rate-limited',
  'failing',
  'unreachable',
  'timed-out',
  'cut-off',
] as const;

export type ProviderFailure = (typeof PROVIDER_FAILURES)[number];

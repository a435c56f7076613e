/**
 * Names that lead nowhere but to this machine.
 *
 * @module
 */

/** `hostname` as a `URL` has it. */
export function isLoopbackName(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127(\.\d+){3}$/.test(hostname);
}

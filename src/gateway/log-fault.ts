/**
 * How a mistake of ours is logged: its kind and where it was made, never its message, which may
 * hold what a user, a model or a plugin wrote.
 *
 * @module
 */

import type { ErrorCode } from '../core/errors/codes.ts';

/** Most places of a stack that are logged. */
const MAX_PLACES = 8;

export function logFault(thrown: unknown, code: ErrorCode, requestId: string): void {
  const at = placesOf(thrown)
    .split('\n')
    .filter((line) => /^\s+at /.test(line))
    .slice(0, MAX_PLACES)
    .map((line) => line.trim());
  console.error(JSON.stringify({ level: 'error', requestId, code, at }));
}

/** The stack behind the message, of which a line may look like a place. */
function placesOf(thrown: unknown): string {
  if (!(thrown instanceof Error)) return '';
  const { message, stack = '' } = thrown;
  const said = stack.indexOf(message);
  return said === -1 ? '' : stack.slice(said + message.length);
}

/**
 * Something broke, and whoever asked cannot do better than give up. An ordinary "no" is a
 * `Denial` or another value, never a `Fault`.
 *
 * @module
 */

import { ERROR_CODES, type ErrorCode } from './codes.ts';

/** `message` is shown and logged: it never holds a token, a secret or what a user wrote. */
export class Fault extends Error {
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string = ERROR_CODES[code].title, options?: ErrorOptions) {
    super(message, options);
    this.name = 'Fault';
    this.code = code;
  }
}

/** Reads the code of a fault, also of one that crossed an RPC border and lost its class. */
export function faultCode(thrown: unknown): ErrorCode | undefined {
  if (typeof thrown !== 'object' || thrown === null || !('code' in thrown)) return undefined;
  const { code } = thrown;
  return typeof code === 'string' && Object.hasOwn(ERROR_CODES, code)
    ? (code as ErrorCode)
    : undefined;
}

/** Whether the platform refused the request since its object has more of them than it can answer. */
export function isOverload(thrown: unknown): boolean {
  return (
    typeof thrown === 'object' &&
    thrown !== null &&
    'overloaded' in thrown &&
    thrown.overloaded === true
  );
}

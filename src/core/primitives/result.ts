/**
 * An expected outcome, good or bad, as a value.
 *
 * Use it where "no" is an ordinary answer: malformed input, a denied call. Throw a `Fault`
 * where something broke and the one who asked cannot do better than give up.
 *
 * @module
 */

export type Result<T, E> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly error: E };

export function ok<T>(value: T): Result<T, never> {
  return { ok: true, value };
}

export function err<E>(error: E): Result<never, E> {
  return { ok: false, error };
}

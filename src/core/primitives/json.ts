/**
 * What JSON can hold, as types.
 *
 * Values are read-only: whoever needs another value makes one. An `interface` is not assignable
 * to {@link JsonObject}, since it can be extended elsewhere; write such shapes as a `type`.
 *
 * @module
 */

export type JsonPrimitive = string | number | boolean | null;

export type JsonArray = readonly JsonValue[];

/** Own, enumerable members only. `__proto__` is an ordinary key here, as it is in JSON text. */
export type JsonObject = { readonly [key: string]: JsonValue };

export type JsonValue = JsonPrimitive | JsonArray | JsonObject;

/** Whether a value is an object in the sense of JSON: neither `null` nor a list. */
export function isJsonObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * A JSON Pointer (RFC 6901) to a member or item of what `parent` points to. The pointer to the
 * whole value is the empty string.
 *
 * @example
 * ```ts
 * toPointer('/paths', 'a/b'); // '/paths/a~1b'
 * ```
 */
export function toPointer(parent: string, step: string | number): string {
  if (typeof step === 'number') return `${parent}/${step}`;
  const escaped = /[~/]/.test(step) ? step.replaceAll('~', '~0').replaceAll('/', '~1') : step;
  return `${parent}/${escaped}`;
}

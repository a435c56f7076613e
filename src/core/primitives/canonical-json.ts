/**
 * One text for each JSON value, so that a hash of the text stands for the value (RFC 8785, JCS).
 *
 * Members are sorted by UTF-16 code units, numbers are written as ECMAScript writes them, and there
 * is no white space. Hashes of arguments, code and audit records are taken over this text.
 *
 * @module
 */

import type { JsonObject, JsonValue } from './json.ts';

/** Deepest nesting that is written. Far above every limit on what is read. */
export const MAX_CANONICAL_DEPTH = 512;

/**
 * The canonical text of a value. What `parseJson` has accepted is always writable.
 *
 * @throws TypeError if the value is not JSON: NaN, an infinity, `undefined`, a function, a text
 *   with a lone surrogate, or nesting beyond {@link MAX_CANONICAL_DEPTH}. That is a mistake of the
 *   program, never of its user.
 * @example
 * ```ts
 * canonicalJson({ b: 1.0, a: ['é', -0] }); // '{"a":["é",0],"b":1}'
 * ```
 */
export function canonicalJson(value: JsonValue): string {
  return write(value, 0);
}

function write(value: JsonValue, depth: number): string {
  switch (typeof value) {
    case 'string':
      return writeText(value);
    case 'number':
      return writeNumber(value);
    case 'boolean':
      return value ? 'true' : 'false';
    case 'object':
      if (value === null) return 'null';
      if (depth === MAX_CANONICAL_DEPTH) throw unwritable(`at most ${depth} levels of nesting`);
      return isList(value) ? writeList(value, depth) : writeObject(value, depth);
    default:
      throw unwritable('a JSON type');
  }
}

function writeList(list: readonly JsonValue[], depth: number): string {
  let text = '[';
  for (let index = 0; index < list.length; index++) {
    if (index > 0) text += ',';
    text += write(list[index] as JsonValue, depth + 1);
  }
  return `${text}]`;
}

function writeObject(object: JsonObject, depth: number): string {
  let text = '{';
  for (const key of Object.keys(object).sort()) {
    if (text.length > 1) text += ',';
    text += `${writeText(key)}:${write(object[key] as JsonValue, depth + 1)}`;
  }
  return `${text}}`;
}

/** Printable ASCII without quotation mark and backslash: most texts, and written as they are. */
const NOTHING_TO_ESCAPE = /^[ !#-[\]-~]*$/;

/** `JSON.stringify` escapes exactly what RFC 8785 §3.2.2.2 escapes, once surrogates are paired. */
function writeText(text: string): string {
  if (NOTHING_TO_ESCAPE.test(text)) return `"${text}"`;
  if (!text.isWellFormed()) throw unwritable('text without lone surrogates');
  return JSON.stringify(text);
}

/** ECMAScript's own format is the one that RFC 8785 §3.2.2.3 asks for; minus zero becomes `0`. */
function writeNumber(value: number): string {
  if (!Number.isFinite(value)) throw unwritable('a finite number');
  return String(value);
}

/** `Array.isArray` alone does not narrow read-only lists. */
function isList(value: JsonValue): value is readonly JsonValue[] {
  return Array.isArray(value);
}

function unwritable(must: string): TypeError {
  return new TypeError(`Cannot write canonical JSON: the value must be ${must}`);
}

/**
 * Reads JSON text from outside, and only text that every reader understands alike.
 *
 * `JSON.parse` keeps the last of two equal keys; another reader keeps the first, so that what one
 * checks the other does not run. Such text is refused, and so is all that cannot be written again
 * as canonical JSON. Integers beyond 2^53 become the nearest double, as RFC 8785 has it.
 *
 * @module
 */

import { isJsonObject, type JsonValue } from './json.ts';
import { err, ok, type Result } from './result.ts';
import { utf8Length } from './utf8-length.ts';

/** What must hold for each reason that text can be refused for; a closed list. */
const MUST_HOLD = {
  too_large: 'it must be smaller',
  malformed: 'it must be JSON (RFC 8259)',
  too_deep: 'it must be nested less deeply',
  duplicate_key: 'it must not repeat a key within one object',
  lone_surrogate: 'its texts must not hold lone surrogates',
  number_overflow: 'its numbers must be within the range of a double',
} as const;

export interface JsonProblem {
  readonly code: 'malformed_json';
  readonly reason: keyof typeof MUST_HOLD;
  /** Holds nothing of the text. */
  readonly message: string;
}

export interface JsonLimits {
  /** Longest accepted text, in bytes of UTF-8. */
  readonly maxBytes: number;
  /** Most lists and objects around any value; a lone scalar has depth 0. */
  readonly maxDepth: number;
}

/**
 * Reads one JSON text within limits.
 *
 * @example
 * ```ts
 * const limits = { maxBytes: 1024, maxDepth: 8 };
 * parseJson('{"a":1}', limits);         // { ok: true, value: { a: 1 } }
 * parseJson('{"a":1,"\\u0061":2}', limits); // { ok: false, error: { reason: 'duplicate_key', … } }
 * ```
 */
export function parseJson(text: string, limits: JsonLimits): Result<JsonValue, JsonProblem> {
  if (isLongerThan(text, limits.maxBytes)) return refuse('too_large');

  let value: JsonValue;
  try {
    value = JSON.parse(text);
  } catch {
    return refuse('malformed');
  }

  const audit: Audit = { membersKept: 0, maxDepth: limits.maxDepth };
  const problem = examine(value, 0, audit);
  if (problem !== undefined) return refuse(problem);
  if (audit.membersKept !== countMembersWritten(text)) return refuse('duplicate_key');
  return ok(value);
}

interface Audit {
  membersKept: number;
  readonly maxDepth: number;
}

/** Walks what was read. Stops at the depth limit, so that no input exhausts the stack. */
function examine(value: JsonValue, depth: number, audit: Audit): JsonProblem['reason'] | undefined {
  if (typeof value === 'string') return value.isWellFormed() ? undefined : 'lone_surrogate';
  if (typeof value === 'number') return Number.isFinite(value) ? undefined : 'number_overflow';
  if (typeof value !== 'object' || value === null) return undefined;
  if (depth === audit.maxDepth) return 'too_deep';
  if (!isJsonObject(value)) return firstProblem(value, depth, audit);

  const keys = Object.keys(value);
  audit.membersKept += keys.length;
  return firstProblem(keys, depth, audit) ?? firstProblem(Object.values(value), depth, audit);
}

function firstProblem(
  values: readonly JsonValue[],
  depth: number,
  audit: Audit,
): JsonProblem['reason'] | undefined {
  for (const value of values) {
    const problem = examine(value, depth + 1, audit);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

const QUOTE = 0x22;
const COLON = 0x3a;
const BACKSLASH = 0x5c;

/** Colons outside of texts. In well-formed JSON there is one for each member as it was written. */
function countMembersWritten(json: string): number {
  let members = 0;
  for (let at = 0; at < json.length; at++) {
    const unit = json.charCodeAt(at);
    if (unit === COLON) members++;
    else if (unit === QUOTE) at = endOfText(json, at);
  }
  return members;
}

/** Where the text that opens at `start` has its closing quote. */
function endOfText(json: string, start: number): number {
  let at = start + 1;
  while (json.charCodeAt(at) !== QUOTE) at += json.charCodeAt(at) === BACKSLASH ? 2 : 1;
  return at;
}

/** Most texts are so far from the limit that nothing needs to be counted. */
function isLongerThan(text: string, maxBytes: number): boolean {
  return text.length * 3 > maxBytes && utf8Length(text, maxBytes) > maxBytes;
}

function refuse(reason: JsonProblem['reason']): Result<never, JsonProblem> {
  const message = `Cannot read JSON: ${MUST_HOLD[reason]}`;
  return err({ code: 'malformed_json', reason, message });
}

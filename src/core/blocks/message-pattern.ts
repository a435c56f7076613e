/**
 * Patterns of selective receive: which bodies a consumer waits for.
 *
 * A pattern is JSON. `{"$any": true}` stands for any value; an object asks for its members and allows
 * others; everything else, arrays included, must be equal, item by item. So a pattern that came
 * as JSON means the same after any time of waiting, and no text in it is ever a wildcard.
 *
 * @module
 */

import { isJsonObject, type JsonValue } from '../primitives/json.ts';

/** Deepest pattern. */
export const MAX_PATTERN_DEPTH = 16;

/** Most values in a pattern. */
export const MAX_PATTERN_NODES = 256;

/** Whether a pattern is within the limits, so that matching takes bounded time. */
export function isUsablePattern(pattern: JsonValue): boolean {
  let nodes = 0;
  const visit = (value: JsonValue, depth: number): boolean => {
    nodes += 1;
    if (nodes > MAX_PATTERN_NODES || depth > MAX_PATTERN_DEPTH) return false;
    if (typeof value !== 'object' || value === null) return true;
    return Object.values(value).every((item) => visit(item, depth + 1));
  };
  return visit(pattern, 0);
}

export function matchesPattern(pattern: JsonValue, value: JsonValue | undefined): boolean {
  if (value === undefined) return false;
  if (isWildcard(pattern)) return true;
  if (Array.isArray(pattern)) {
    return (
      Array.isArray(value) &&
      value.length === pattern.length &&
      pattern.every((item, index) => matchesPattern(item, value[index]))
    );
  }
  if (!isJsonObject(pattern)) return pattern === value;
  if (!isJsonObject(value)) return false;
  return Object.entries(pattern).every(
    ([key, item]) => Object.hasOwn(value, key) && matchesPattern(item, value[key]),
  );
}

function isWildcard(pattern: JsonValue): boolean {
  return isJsonObject(pattern) && Object.keys(pattern).length === 1 && pattern.$any === true;
}

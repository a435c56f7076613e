/**
 * What is different in two versions of a policy, or of any other JSON.
 *
 * Lists of texts are compared as sets, since the order of patterns means nothing; other lists as a
 * whole.
 *
 * @module
 */

import { isJsonObject, type JsonArray, type JsonValue, toPointer } from '../primitives/json.ts';

export type PolicyChange =
  | { readonly pointer: string; readonly added: JsonArray; readonly removed: JsonArray }
  /** Absent: there was, or there is, no such member. */
  | { readonly pointer: string; readonly from?: JsonValue; readonly to?: JsonValue };

/** In the order of the members of `from`, and then of those that only `to` has. */
export function diffPolicies(
  from: JsonValue | undefined,
  to: JsonValue | undefined,
  pointer = '',
): readonly PolicyChange[] {
  if (isJsonObject(from) && isJsonObject(to)) {
    const keys = new Set([...Object.keys(from), ...Object.keys(to)]);
    return [...keys].flatMap((key) => diffPolicies(from[key], to[key], toPointer(pointer, key)));
  }
  if (isTexts(from) && isTexts(to)) return diffSets(from, to, pointer);
  if (JSON.stringify(from) === JSON.stringify(to)) return [];
  return [{ pointer, ...(from !== undefined && { from }), ...(to !== undefined && { to }) }];
}

function diffSets(from: JsonArray, to: JsonArray, pointer: string): readonly PolicyChange[] {
  const [before, after] = [new Set(from), new Set(to)];
  const added = [...after].filter((each) => !before.has(each));
  const removed = [...before].filter((each) => !after.has(each));
  return added.length + removed.length === 0 ? [] : [{ pointer, added, removed }];
}

function isTexts(value: JsonValue | undefined): value is readonly string[] {
  return Array.isArray(value) && value.every((each) => typeof each === 'string');
}

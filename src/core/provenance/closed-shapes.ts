/**
 * The shapes of which an outsider can choose no more than one of a few answers, all written by the
 * tool's author: a fixed choice, yes or no, a bounded number.
 *
 * @module
 */

import { isJsonObject, type JsonObject, type JsonValue, toPointer } from '../primitives/json.ts';

/** Most answers of one choice, the longest of them in UTF-16 code units, and the widest range. */
export const MAX_CHOICES = 256;
export const MAX_CHOICE_LENGTH = 64;
export const MAX_SPAN = 1_000_000_000;

/** Most places of one result that may be declassified. */
export const MAX_DECLASSIFIED = 16;

const MARK = 'x-sallyport-integrity';

/** Whether the schema of one value leaves but a few answers. */
function isClosedShape(schema: JsonObject): boolean {
  if (Object.hasOwn(schema, 'const')) return isChoice(schema.const);
  if (Array.isArray(schema.enum)) {
    return schema.enum.length <= MAX_CHOICES && schema.enum.every(isChoice);
  }
  if (schema.type === 'boolean') return true;
  const { type, minimum, maximum } = schema;
  return (
    type === 'integer' &&
    Number.isSafeInteger(minimum) &&
    Number.isSafeInteger(maximum) &&
    Number(maximum) - Number(minimum) <= MAX_SPAN
  );
}

/** Pointers to the schemas marked `declassified`, and the schemas. */
export function listDeclassified(outputSchema: JsonValue | undefined): Map<string, JsonObject> {
  const found = new Map<string, JsonObject>();
  collect(outputSchema, '', found);
  return found;
}

/**
 * Pointers to marks that may not stand where they do: on a shape that is open, or beneath anything but
 * declared members, since of a list nobody knows how many answers it gives.
 */
export function findOpenShapes(outputSchema: JsonValue | undefined): readonly string[] {
  const all = listDeclassified(outputSchema);
  const closed = new Set<string>();
  collectClosed(outputSchema, '', closed);
  return [...all.keys()].filter(
    (pointer, place) => place >= MAX_DECLASSIFIED || !closed.has(pointer),
  );
}

function collect(value: JsonValue | undefined, pointer: string, found: Map<string, JsonObject>) {
  if (typeof value !== 'object' || value === null) return;
  if (isJsonObject(value) && value[MARK] === 'declassified') found.set(pointer, value);
  for (const [step, member] of Object.entries(value)) {
    collect(member, toPointer(pointer, step), found);
  }
}

function collectClosed(schema: JsonValue | undefined, pointer: string, closed: Set<string>): void {
  if (!isJsonObject(schema)) return;
  if (schema[MARK] === 'declassified' && isClosedShape(schema)) closed.add(pointer);
  const { properties } = schema;
  if (!isJsonObject(properties)) return;
  for (const [name, member] of Object.entries(properties)) {
    collectClosed(member, toPointer(toPointer(pointer, 'properties'), name), closed);
  }
}

function isChoice(value: JsonValue | undefined): boolean {
  if (typeof value === 'string') return value.length <= MAX_CHOICE_LENGTH;
  return value === null || typeof value === 'boolean' || typeof value === 'number';
}

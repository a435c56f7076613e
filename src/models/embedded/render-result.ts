/**
 * Results of tools as plain sentences.
 *
 * @module
 */

import { isJsonObject, type JsonValue } from '../../core/primitives/json.ts';

/** Longest text of one result that is repeated to the user, in UTF-16 code units. */
const MAX_CHARACTERS = 4_000;
const MAX_DEPTH = 3;

/** A result's content in readable form: `words: 5, characters: 25` for a JSON object. */
export function renderResult(content: string): string {
  const text = renderJson(content) ?? content.trim();
  if (text === '') return '(nothing)';
  return text.length > MAX_CHARACTERS ? `${text.slice(0, MAX_CHARACTERS).toWellFormed()} …` : text;
}

function renderJson(content: string): string | undefined {
  try {
    return render(JSON.parse(content) as JsonValue, 0);
  } catch {
    return undefined;
  }
}

function render(value: JsonValue, depth: number): string {
  if (typeof value === 'string') return value;
  if (typeof value !== 'object' || value === null) return String(value);
  if (depth === MAX_DEPTH) return JSON.stringify(value);
  const isNested = depth > 0;
  if (!isJsonObject(value)) {
    const items = value.map((item) => render(item, depth + 1)).join(', ');
    return isNested ? `[${items}]` : items;
  }
  const members = Object.entries(value)
    .map(([key, member]) => `${key}: ${render(member, depth + 1)}`)
    .join(', ');
  return isNested ? `{${members}}` : members;
}

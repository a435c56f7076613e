/**
 * What a result may merely repeat: the arguments of its call.
 *
 * @module
 */

import { isJsonObject, type JsonValue } from '../primitives/json.ts';
import { MAX_TOLD } from './told-values.ts';

type Leaf = string | number | boolean;

/** The leaves of a call's arguments; nothing if they cannot be told, or are too many to compare. */
export function readArguments(argumentsText: string): readonly Leaf[] | undefined {
  const args = readJson(argumentsText);
  if (!isJsonObject(args)) return undefined;
  // The names of the arguments themselves are the schema's.
  const leaves = Object.values(args).flatMap((argument) => [...listArguments(argument)]);
  return leaves.length > MAX_TOLD ? undefined : leaves;
}

/** Those that say something, as texts. */
export function listTexts(leaves: readonly Leaf[]): readonly string[] {
  return leaves.map(String).filter((text) => text.trim() !== '');
}

function* listArguments(value: JsonValue): Generator<Leaf> {
  if (value === null) return;
  if (typeof value !== 'object') {
    yield value;
  } else if (isJsonObject(value)) {
    for (const [name, member] of Object.entries(value)) {
      yield name;
      yield* listArguments(member);
    }
  } else {
    for (const item of value) yield* listArguments(item);
  }
}

/** What was heard is the gateway's own record, or was refused: nothing in it need be reported. */
export function readJson(text: string): JsonValue | undefined {
  try {
    return JSON.parse(text) as JsonValue;
  } catch {
    return undefined;
  }
}

/**
 * What a result may merely repeat: the arguments of its call that nobody trusted had said.
 *
 * A tool vouches for what it knows, not for what it was told. Without this, a model would pass an
 * outsider's address through any tool that confirms its arguments, and get it back as trusted.
 *
 * @module
 */

import { isJsonObject, type JsonValue } from '../primitives/json.ts';
import { foldedText } from './folded-text.ts';
import { plainNumber } from './numbers.ts';

/** Most arguments that are compared with each field; of a call with more nothing is believed. */
const MAX_ARGUMENTS = 64;

/** Least length of a text that is looked for within a field. */
const MIN_PART_LENGTH = 3;

type Leaf = string | number | boolean;

/** The leaves of a call's arguments; nothing if they cannot be told. */
export function readArguments(argumentsText: string): readonly Leaf[] | undefined {
  const args = readJson(argumentsText);
  if (!isJsonObject(args)) return undefined;
  // The names of the arguments themselves are the schema's.
  const leaves = Object.values(args).flatMap((argument) => [...listArguments(argument)]);
  return leaves.length > MAX_ARGUMENTS ? undefined : leaves;
}

/** Those that are not trusted, folded. */
export function findDoubtful(
  leaves: readonly Leaf[],
  isTrusted: (leaf: Leaf) => boolean,
): readonly string[] {
  return leaves
    .filter((leaf) => typeof leaf !== 'boolean' && !isTrusted(leaf))
    .map((leaf) => foldedText(String(leaf)));
}

/** Those that say something, as texts. */
export function listTexts(leaves: readonly Leaf[]): readonly string[] {
  return leaves.map(String).filter((text) => text.trim() !== '');
}

/** Whether a field of the result repeats one of these, as a whole or within a text. */
export function repeatsAny(field: Leaf, doubtful: readonly string[]): boolean {
  if (doubtful.length === 0) return false;
  const folded = foldedText(String(field));
  return doubtful.some((leaf) => folded === leaf || (isTelling(leaf) && folded.includes(leaf)));
}

/** Figures and shorter texts stand in other texts by chance. */
function isTelling(leaf: string): boolean {
  return leaf.length >= MIN_PART_LENGTH && plainNumber(leaf) === undefined;
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

/**
 * JSON objects on the command line: as such, or as the name of a file with one.
 *
 * @module
 */

import { isJsonObject, type JsonObject } from '../core/primitives/json.ts';
import type { Invocation, OptionDeclaration } from './command.ts';
import { CommandFailure } from './command-failure.ts';
import { readJson, toJson } from './read-file.ts';

/** As much as a call can have. */
const MAX_BYTES = 262_144;

/** Where a plugin with settings is run. */
export const SETTINGS_OPTION: OptionDeclaration = {
  value: '<json>',
  help: "the plugin's settings, or a file with them",
};

export function readObject(invocation: Invocation, option: string): JsonObject | undefined {
  const text = invocation.value(option);
  if (text === undefined) return undefined;
  const isJson = text.trimStart().startsWith('{');
  const value = isJson ? toJson(`--${option}`, text) : readJson(text, MAX_BYTES);
  if (isJsonObject(value)) return value;
  throw CommandFailure.usage(`Cannot read --${option}: it must be an object`);
}

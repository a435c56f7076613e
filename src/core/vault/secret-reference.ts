/**
 * How a plugin's settings name a secret: `{"secret": "<name>"}` in the place of the value, which is
 * looked up when a call uses it and never before.
 *
 * @module
 */

import { isJsonObject, type JsonObject, type JsonValue } from '../primitives/json.ts';
import { isSecretName } from './secret.ts';
import { readSignInName } from './sign-in-name.ts';

/** The name that it holds; `undefined` for whatever is no reference. */
export function readSecretReference(value: JsonValue | undefined): string | undefined {
  if (value === undefined || !isJsonObject(value)) return undefined;
  const { secret, ...rest } = value;
  const isReference = typeof secret === 'string' && Object.keys(rest).length === 0;
  if (!isReference) return undefined;
  return isSecretName(secret) || readSignInName(secret) !== undefined ? secret : undefined;
}

export interface SecretReference {
  readonly setting: string;
  readonly name: string;
}

/** All that settings refer to, in their order. */
export function referencesIn(settings: JsonObject): readonly SecretReference[] {
  return Object.entries(settings).flatMap(([setting, value]) => {
    const name = readSecretReference(value);
    return name === undefined ? [] : [{ setting, name }];
  });
}

/** Names of the secrets that settings refer to, each once. */
export function findSecretReferences(settings: JsonObject): readonly string[] {
  return [...new Set(referencesIn(settings).map(({ name }) => name))];
}

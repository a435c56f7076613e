/**
 * The settings of a plugin: values that an operator gives it, in the form that its manifest's
 * `config` describes.
 *
 * They are part of the authority, and seen by whoever may install plugins. So nothing secret
 * belongs among them, and what is declared or looks like a secret is refused.
 *
 * @module
 */

import { findSecrets } from '../checks/content/find-secrets.ts';
import { admitSchema } from '../checks/schema/admit-schema.ts';
import { validateValue } from '../checks/schema/validate-value.ts';
import { type PointerError, pointerError } from '../errors/pointer-errors.ts';
import { canonicalJson } from '../primitives/canonical-json.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../primitives/json.ts';
import { utf8Length } from '../primitives/utf8-length.ts';

/** As the plugin reads them: texts as they are, everything else as JSON. */
export type PluginSettings = Readonly<Record<string, string>>;

/** Most bytes of all values together, as canonical JSON. */
export const MAX_SETTINGS_BYTES = 4_096;

/**
 * What is wrong with values, by pointers into them; no values are right for every plugin. `schema`
 * is the manifest's `config`.
 */
export function findSettingProblems(
  schema: JsonValue | undefined,
  values: JsonObject,
): readonly PointerError[] {
  const names = Object.keys(values);
  if (names.length === 0) return [];
  if (!isJsonObject(schema)) {
    return [pointerError([], 'must be empty, since the manifest declares no "config"')];
  }
  if (utf8Length(canonicalJson(values), MAX_SETTINGS_BYTES) > MAX_SETTINGS_BYTES) {
    return [pointerError([], `must have at most ${MAX_SETTINGS_BYTES} bytes`)];
  }
  const secrets = [...findDeclaredSecrets(schema, names), ...findLikelySecrets(values)];
  if (secrets.length > 0) return secrets;
  const admitted = admitSchema(schema);
  if (!admitted.ok) return admitted.error;
  const valid = validateValue(admitted.value, values);
  return valid.ok ? [] : valid.error;
}

export function toSettings(values: JsonObject): PluginSettings {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, toText(value)]));
}

function toText(value: JsonValue): string {
  return typeof value === 'string' ? value : canonicalJson(value);
}

/** A property is secret if anything in its schema says so, be it behind a reference. */
function findDeclaredSecrets(schema: JsonObject, names: readonly string[]): PointerError[] {
  const { properties, $defs = null } = schema;
  if (!isJsonObject(properties)) return [];
  const isSecret = (name: string) => {
    const own = Object.hasOwn(properties, name) ? (properties[name] ?? null) : null;
    return says(own, 'secret') || (says(own, '$ref') && says($defs, 'secret'));
  };
  const must = 'must be absent: it is declared "secret", and there is no vault for secrets yet';
  return names.filter(isSecret).map((name) => pointerError([name], must));
}

/** Whether a schema, or any below it, has this keyword with a value other than `false`. */
function says(schema: JsonValue, keyword: 'secret' | '$ref'): boolean {
  if (Array.isArray(schema)) return schema.some((item) => says(item, keyword));
  if (!isJsonObject(schema)) return false;
  return Object.entries(schema).some(
    ([name, value]) => (name === keyword && value !== false) || says(value, keyword),
  );
}

function findLikelySecrets(values: JsonObject): PointerError[] {
  return Object.entries(values).flatMap(([name, value]) => {
    const [found] = findSecrets(toText(value));
    if (found === undefined) return [];
    return [pointerError([name], `must be no secret, but looks like one: ${found.name}`)];
  });
}

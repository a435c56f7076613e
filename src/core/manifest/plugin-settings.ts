/**
 * The settings of a plugin: values that an operator gives it, in the form that its manifest's
 * `config` describes.
 *
 * They are part of the authority, and seen by whoever may install plugins. So nothing secret
 * belongs among them: what is declared a secret must name one of the vault, and what looks like one
 * is refused.
 *
 * @module
 */

import { admitSchema } from '../checks/schema/admit-schema.ts';
import { validateValue } from '../checks/schema/validate-value.ts';
import { type PointerError, pointerError } from '../errors/pointer-errors.ts';
import { canonicalJson } from '../primitives/canonical-json.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../primitives/json.ts';
import { utf8Length } from '../primitives/utf8-length.ts';
import { findSecrets } from '../scan/find-secrets.ts';
import { readSecretReference } from '../vault/secret-reference.ts';

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
  const declared = names.filter((name) => isDeclaredSecret(schema, name));
  const secrets = [...findMisplaced(values, declared), ...findLikelySecrets(values)];
  if (secrets.length > 0) return secrets;
  const admitted = admitSchema(withReferences(schema, declared));
  if (!admitted.ok) return admitted.error;
  const valid = validateValue(admitted.value, values);
  return valid.ok ? [] : valid.error;
}

/** `toHandle` gives what stands for a secret, by its name: never its value. */
export function toSettings(
  values: JsonObject,
  toHandle: (secret: string) => string,
): PluginSettings {
  const toSetting = (value: JsonValue): string => {
    const secret = readSecretReference(value);
    return secret === undefined ? toText(value) : toHandle(secret);
  };
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [name, toSetting(value)]),
  );
}

function toText(value: JsonValue): string {
  return typeof value === 'string' ? value : canonicalJson(value);
}

/** Whether a setting is declared a secret, so that the plugin uses one of the vault. */
export function declaresSecret(schema: JsonObject): boolean {
  const { properties = null } = schema;
  return (
    isJsonObject(properties) &&
    Object.keys(properties).some((name) => isDeclaredSecret(schema, name))
  );
}

/** A property is secret if anything in its schema says so, be it behind a reference. */
function isDeclaredSecret({ properties, $defs = null }: JsonObject, name: string): boolean {
  if (properties === undefined || !isJsonObject(properties)) return false;
  const own = Object.hasOwn(properties, name) ? (properties[name] ?? null) : null;
  return says(own, 'secret') || (says(own, '$ref') && says($defs, 'secret'));
}

/** The one form is for the one kind of property: so a setting can be told by its form alone. */
function findMisplaced(values: JsonObject, declared: readonly string[]): PointerError[] {
  return Object.entries(values).flatMap(([name, value]) => {
    const isReference = readSecretReference(value) !== undefined;
    if (isReference === declared.includes(name)) return [];
    const must = isReference
      ? 'must be declared "secret" to name a secret of the vault'
      : 'must be {"secret": "<name>"}: it is declared "secret", so its value belongs in the vault';
    return [pointerError([name], must)];
  });
}

/** What its values must be, where references stand for the values of some. */
function withReferences(schema: JsonObject, declared: readonly string[]): JsonObject {
  if (declared.length === 0 || !isJsonObject(schema.properties ?? null)) return schema;
  const references = declared.map((name) => [name, { type: 'object' }]);
  const properties = { ...(schema.properties as JsonObject), ...Object.fromEntries(references) };
  return { ...schema, properties };
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

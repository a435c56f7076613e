/**
 * What must hold between the parts of a manifest.
 *
 * Works on the manifest as it was written, so that these errors are reported together with those
 * of the parts. Whatever is malformed by itself is skipped here: its schema reports it.
 *
 * @module
 */

import type { FamilyName } from '../capabilities/catalogue.ts';
import { expandGrants } from '../capabilities/expand.ts';
import { type CapabilityPattern, covers, parseCapability } from '../capabilities/pattern.ts';
import { familiesReachedBy } from '../capabilities/reach.ts';
import { checkTemplate } from '../checks/canonical/check-template.ts';
import { readTemplate } from '../checks/canonical/requirement-template.ts';
import { admitSchema } from '../checks/schema/admit-schema.ts';
import { type PointerError, pointerError } from '../errors/pointer-errors.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../primitives/json.ts';
import { checkOffers } from './mcp-offers.ts';
import { checkPureTools } from './pure-tools.ts';
import { familyOfRequirement } from './requirement-family.ts';
import { TIERS } from './tier.ts';

type Path = readonly (string | number)[];

export function crossCheck(manifest: JsonObject): readonly PointerError[] {
  const tools = listOf(manifest.tools);
  const allowed = allowedBy(manifest);
  return [
    ...checkSections(manifest),
    ...checkProtocol(manifest),
    ...checkDeliveries(manifest),
    ...checkToolNames(tools),
    ...checkOffers(manifest),
    ...checkPureTools(manifest),
    ...tools.flatMap((tool, index) =>
      isJsonObject(tool) ? checkRequirements(tool, ['tools', index], allowed) : [],
    ),
  ];
}

/** The section of the manifest's own tier, and no other. */
function checkSections(manifest: JsonObject): readonly PointerError[] {
  const { tier } = manifest;
  if (!TIERS.some((known) => known === tier)) return [];
  const strays = TIERS.filter((other) => other !== tier && Object.hasOwn(manifest, other));
  const errors = strays.map((other) =>
    pointerError([other], 'must be absent, since "tier" is another'),
  );
  const isMissing = tier !== 'wasm' && typeof tier === 'string' && !Object.hasOwn(manifest, tier);
  return isMissing
    ? [...errors, pointerError([tier], 'must be present, since "tier" says so')]
    : errors;
}

/** Each protocol has members of its own. */
function checkProtocol(manifest: JsonObject): readonly PointerError[] {
  return (['process', 'container'] as const).flatMap((name) => {
    const section = manifest[name];
    if (!isJsonObject(section)) return [];
    const { protocol = 'json', command, definitions, idleMs } = section;
    const errors: PointerError[] = [];
    // What a path leads to is looked up on the machine, and means nothing in an image.
    if (protocol === 'argv' && name === 'container') {
      errors.push(pointerError([name, 'protocol'], 'must be "json" or "mcp" in a container'));
    }
    if (protocol === 'argv' && command !== undefined) {
      errors.push(
        pointerError([name, 'command'], 'must be absent, since each call brings its own'),
      );
    }
    // A container may leave it to the image.
    if (protocol !== 'argv' && command === undefined && name === 'process') {
      errors.push(pointerError([name, 'command'], 'must be present, unless "protocol" is "argv"'));
    }
    if (protocol === 'mcp' && definitions === undefined) {
      const must = 'must be present, since a server may not change its tools unseen';
      errors.push(pointerError([name, 'definitions'], must));
    }
    const strays = Object.entries({ definitions, idleMs }).filter(
      ([, value]) => value !== undefined,
    );
    if (protocol === 'mcp') return errors;
    return [
      ...errors,
      ...strays.map(([key]) =>
        pointerError([name, key], 'must be absent, unless "protocol" is "mcp"'),
      ),
    ];
  });
}

/** Secrets reach a program of the plugin's own, by settings that it declares. */
function checkDeliveries({ config, ...manifest }: JsonObject): readonly PointerError[] {
  const properties = isJsonObject(config ?? null) ? (config as JsonObject).properties : undefined;
  const declared = properties !== undefined && isJsonObject(properties) ? properties : {};
  return (['process', 'container'] as const).flatMap((name) => {
    const section = manifest[name];
    if (section === undefined || !isJsonObject(section)) return [];
    const { protocol, secrets } = section;
    if (secrets === undefined || !isJsonObject(secrets)) return [];
    const strays = Object.keys(secrets).filter((setting) => !Object.hasOwn(declared, setting));
    const must = 'must be a property of "config"';
    const errors = strays.map((setting) => pointerError([name, 'secrets', setting], must));
    if (protocol !== 'argv') return errors;
    const alone = 'must be absent, since each call brings its own program';
    return [...errors, pointerError([name, 'secrets'], alone)];
  });
}

function checkToolNames(tools: readonly JsonValue[]): readonly PointerError[] {
  const names = tools.map((tool) => (isJsonObject(tool) ? tool.name : undefined));
  return names.flatMap((name, index) =>
    typeof name === 'string' && names.indexOf(name) < index
      ? [pointerError(['tools', index, 'name'], 'must differ from the names of the other tools')]
      : [],
  );
}

function checkRequirements(
  tool: JsonObject,
  path: Path,
  allowed: readonly CapabilityPattern[],
): readonly PointerError[] {
  return listOf(tool.requires).flatMap((template, index) => {
    const family = typeof template === 'string' ? familyOfRequirement(template) : undefined;
    if (typeof template !== 'string' || family === undefined) return [];
    const at = [...path, 'requires', index];
    const errors = findMismatches(template, tool.inputSchema).map((must) => pointerError(at, must));
    return isCovered(template, family, allowed)
      ? errors
      : [...errors, pointerError(at, 'must be covered by the capabilities of this manifest')];
  });
}

/** What the tool's schema lacks for the template to be filled at every call. */
function findMismatches(template: string, inputSchema: JsonValue | undefined): readonly string[] {
  const schema = admitSchema(inputSchema);
  if (!schema.ok || !isJsonObject(inputSchema)) return [];
  const fits = checkTemplate(template, schema.value);
  if (!fits.ok) return [`must ${fits.error}`];
  const required = listOf(inputSchema.required);
  const names = (readTemplate(template)?.slots ?? []).flatMap((slot) =>
    slot.kind === 'argument' ? slot.path.slice(0, 1) : [],
  );
  // An argument that may be left out would leave the template unfilled, hence the call denied.
  return names.every((name) => required.includes(name))
    ? []
    : ['must name arguments that inputSchema requires'];
}

/** With arguments still open, it is enough that some of the family's resources are covered. */
function isCovered(
  template: string,
  family: FamilyName,
  allowed: readonly CapabilityPattern[],
): boolean {
  const fixed = template.includes('{') ? undefined : parseCapability(template);
  if (fixed?.ok === true) return allowed.some((pattern) => covers(pattern, fixed.value));
  return allowed.some((pattern) => familiesReachedBy(pattern).some(({ name }) => name === family));
}

function allowedBy(manifest: JsonObject): readonly CapabilityPattern[] {
  const texts = listOf(manifest.capabilities).filter((text) => typeof text === 'string');
  return expandGrants(texts).patterns;
}

function listOf(value: JsonValue | undefined): readonly JsonValue[] {
  return Array.isArray(value) ? value : [];
}

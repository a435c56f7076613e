/**
 * Which capabilities a plugin can use at all, from what its code imports, its tools require and its
 * settings name: the least that its manifest has to ask for, and what it asks for in vain.
 *
 * @module
 */

import { isCanonicalHost } from '../core/capabilities/canonical-host.ts';
import {
  type CapabilityFamily,
  FAMILIES,
  type FamilyName,
} from '../core/capabilities/catalogue.ts';
import { expandGrants } from '../core/capabilities/expand.ts';
import { type CapabilityPattern, parsePattern } from '../core/capabilities/pattern.ts';
import { familiesReachedBy } from '../core/capabilities/reach.ts';
import { toResource } from '../core/capabilities/resource.ts';
import type { Manifest } from '../core/manifest/manifest.ts';
import { declaresSecret } from '../core/manifest/plugin-settings.ts';
import { familyOfRequirement } from '../core/manifest/requirement-family.ts';
import { AMBIENT_CAPABILITIES } from '../core/manifest/wasm-limits.ts';
import type { ImportName } from '../wasm-hardening/list-imports.ts';
import type { Finding } from './finding.ts';
import { AMBIENT_FUNCTIONS, familyNeededBy, importsAmbient } from './import-advice.ts';

/** A `type`, so that it is a `JsonObject`. */
export type NeededCapability = {
  readonly family: FamilyName;
  /** To put into the manifest; what stands in angle brackets is for the author to fill in. */
  readonly suggested: readonly string[];
  readonly because: readonly string[];
};

/** What bears on the question: of the manifest, and of the code. */
export interface CapabilityFacts {
  readonly manifest: Pick<Manifest, 'tools' | 'capabilities' | 'wasm' | 'config'>;
  readonly imports: readonly ImportName[];
  /** What else of the code needs a family. */
  readonly reasons?: readonly (readonly [family: FamilyName, because: string])[];
  /** Texts that the code holds, in which hosts may be named. */
  readonly texts: readonly string[];
}

/** In the order of the catalogue. */
export function findNeeded(facts: CapabilityFacts): readonly NeededCapability[] {
  const reasons = new Map<FamilyName, Set<string>>();
  const note = (family: FamilyName | undefined, because: string) => {
    if (family === undefined) return;
    reasons.set(family, (reasons.get(family) ?? new Set()).add(because));
  };
  for (const entry of facts.imports)
    note(familyNeededBy(entry), `the code imports "${entry.name}"`);
  for (const [family, because] of facts.reasons ?? []) note(family, because);
  for (const { name, requires } of facts.manifest.tools) {
    for (const text of requires) note(familyOfRequirement(text), `tool "${name}" requires it`);
  }
  const { config } = facts.manifest;
  if (config !== undefined && declaresSecret(config)) {
    note('system:secret:use', 'a setting of the manifest is a secret');
  }
  for (const kind of ['clock', 'randomness'] as const) {
    if (facts.manifest.wasm?.[kind] !== true || !importsAmbient(facts.imports, kind)) continue;
    note(AMBIENT_CAPABILITIES[kind], `the code imports "${AMBIENT_FUNCTIONS[kind]}"`);
  }
  return FAMILIES.flatMap((family) => {
    const because = reasons.get(family.name);
    if (because === undefined) return [];
    return [{ family: family.name, suggested: suggest(family, facts), because: [...because] }];
  });
}

/** What is asked for already, if it is narrow; else the hosts that the code names; else a blank. */
function suggest(family: CapabilityFamily, facts: CapabilityFacts): readonly string[] {
  if (family.resource === 'none') return [family.name];
  const narrow = facts.manifest.capabilities.filter((pattern) => isWithin(family, pattern));
  if (narrow.length > 0) return narrow;
  const named = family.name === 'tool:network:http' ? findHosts(facts.texts) : [];
  return named.length > 0 ? named : [`${family.name}:${family.resource.placeholder}`];
}

/** Whether a pattern asks for some of the resources of this family, and nothing beyond. */
function isWithin(family: CapabilityFamily, pattern: CapabilityPattern): boolean {
  return pattern.startsWith(`${family.name}:`) && expandGrants([pattern]).warnings.length === 0;
}

/** Most hosts that are suggested; more are the examples of a library. */
const MAX_HOSTS = 8;
/** Compilers lay texts down without anything between them, so any letter may stand before it. */
const HTTP_URL = /(https?):\/\/([A-Za-z0-9.-]{1,253})(?::([0-9]{1,5}))?(?=[/?#"'\s]|$)/g;

function findHosts(texts: readonly string[]): readonly string[] {
  const hosts = new Set<string>();
  for (const text of texts) {
    for (const [, scheme, name = '', port] of text.matchAll(HTTP_URL)) {
      const host = name.toLowerCase();
      if (!host.includes('.') || !isCanonicalHost(host)) continue;
      const resource = toResource('host-port', {
        host,
        port: Number(port ?? (scheme === 'https' ? 443 : 80)),
      });
      if (resource.ok) hosts.add(`tool:network:http:${resource.value}`);
      if (hosts.size >= MAX_HOSTS) return [...hosts];
    }
  }
  return [...hosts];
}

/** Entries of `capabilities`, as the author wrote them, that are too wide or of no use. */
export function judgeAsked(
  asked: readonly string[],
  needed: readonly NeededCapability[],
): readonly Finding[] {
  const useful = new Set(needed.map(({ family }) => family));
  return asked.flatMap((text, index): Finding[] => {
    const pointer = `/capabilities/${index}`;
    const pattern = parsePattern(text);
    if (!pattern.ok) return [];
    const families = familiesReachedBy(pattern.value);
    if (!families.some(({ name }) => useful.has(name))) {
      const detail = `"${text}" is asked for in vain: no import of the code and no tool uses it`;
      return [{ severity: 'warn', code: 'capability_unused', pointer, detail }];
    }
    const wide = expandGrants([text]).warnings.filter(({ narrower }) =>
      families.some(({ name }) => useful.has(name) && narrower.startsWith(`${name}:`)),
    );
    const [first] = wide;
    if (first === undefined) return [];
    const detail = `"${text}" is wide: ask for "${first.narrower}" as far as you can`;
    return [{ severity: 'warn', code: 'capability_wide', pointer, detail }];
  });
}

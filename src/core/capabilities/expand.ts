/**
 * Admission: turns what people write in a manifest, a policy or a grant into the patterns that are
 * stored and matched.
 *
 * It runs once, when the list is admitted. The decision never expands anything, so a bare name
 * that was not expanded grants its bare capability only. Whoever may hold the result is asked in
 * `holder.ts`; whether the giver has it, in `grant.ts`.
 *
 * @module
 */

import { type CapabilityFamily, FAMILIES } from './catalogue.ts';
import { type CapabilityPattern, covers, parsePattern } from './pattern.ts';
import { familiesReachedBy } from './reach.ts';
import { RESOURCE_FORMS, type ResourceKind } from './resource.ts';

/** A grant of all resources of a dangerous family. It is valid, and listed by the security audit. */
export interface WideGrant {
  readonly code: 'wide_grant';
  /** Zero-based place in the list that was admitted. */
  readonly index: number;
  readonly pattern: string;
  /** How to grant less, such as `tool:file:read:<path>`. */
  readonly narrower: string;
}

/** Why an entry of the list is not admitted. `message` is safe to show to the list's author. */
export interface ExpansionProblem {
  readonly code: 'malformed_capability' | 'unknown_capability' | 'forbidden_capability';
  /** Zero-based place in the list that was admitted. */
  readonly index: number;
  readonly message: string;
}

/** All problems are reported at once. With any problem at all the list is not to be used. */
export interface Expansion {
  /** Without repetitions, in the order of the list. */
  readonly patterns: readonly CapabilityPattern[];
  readonly warnings: readonly WideGrant[];
  readonly problems: readonly ExpansionProblem[];
}

/** Resources that stand for all of their kind, or near enough to be called a wide grant. */
const WIDE_RESOURCES = {
  path: ['/*'],
  name: ['*', '/*', '*/*'],
  'host-port': ['*:*', '*:443', '*:80'],
} as const satisfies Record<ResourceKind, readonly string[]>;

/**
 * Expands a list that allows: a bare name that has resources is stored as itself and with all of
 * them. Nothing else is widened.
 *
 * @example
 * ```ts
 * expandGrants(['tool:file:read', 'block:send']).patterns;
 * // ['tool:file:read', 'tool:file:read:*', 'block:send'], with a warning for the first
 * ```
 */
export function expandGrants(texts: readonly string[]): Expansion {
  return expand(texts, (pattern) => {
    const families = familiesReachedBy(pattern);
    const isBareName = families.some(
      ({ name, resource }) => name === pattern && resource !== 'none',
    );
    const patterns = isBareName ? withRest(pattern) : [pattern];
    return { patterns: families.length > 0 ? patterns : [], wide: findWide(patterns, families) };
  });
}

/**
 * Expands a list that denies: whatever is the beginning of a capability denies all that begins
 * so. `tool:file:read` denies every path, `tool:file` both reading and writing, and
 * `tool:network:http:example.com` every port of that host.
 */
export function expandDenies(texts: readonly string[]): Expansion {
  return expand(texts, (pattern) => {
    const patterns = withRest(pattern).filter(
      (candidate) => familiesReachedBy(candidate).length > 0,
    );
    return { patterns, wide: [] };
  });
}

interface Expanded {
  /** None if no capability of the catalogue matches. */
  readonly patterns: readonly CapabilityPattern[];
  readonly wide: readonly CapabilityFamily[];
}

function expand(
  texts: readonly string[],
  expandPattern: (pattern: CapabilityPattern) => Expanded,
): Expansion {
  const patterns = new Set<CapabilityPattern>();
  const warnings: WideGrant[] = [];
  const problems: ExpansionProblem[] = [];

  for (const [index, text] of texts.entries()) {
    const parsed = parsePattern(text);
    if (!parsed.ok) {
      problems.push({ index, ...parsed.error });
      continue;
    }
    const expanded = expandPattern(parsed.value);
    for (const pattern of expanded.patterns) patterns.add(pattern);
    for (const family of expanded.wide) {
      const narrower = toNarrowerForm(family);
      warnings.push({ code: 'wide_grant', index, pattern: parsed.value, narrower });
    }
    if (expanded.patterns.length === 0) {
      const message = `Cannot admit pattern "${parsed.value}": ${whatIsExpected(parsed.value)}`;
      problems.push({ code: 'unknown_capability', index, message });
    }
  }
  return { patterns: [...patterns], warnings, problems };
}

/** Of a pattern that matches nothing: mostly a resource in the wrong form. */
function whatIsExpected(pattern: CapabilityPattern): string {
  const family = FAMILIES.find(({ name }) => pattern.startsWith(`${name}:`));
  if (family === undefined) return 'it must match a capability of the catalogue';
  const { name, resource } = family;
  if (resource === 'none') return `nothing may follow "${name}"`;
  return `after "${name}:" it must name ${RESOURCE_FORMS[resource.kind]}`;
}

/** The pattern and that of everything below it, unless this says nothing new or is too long. */
function withRest(pattern: CapabilityPattern): readonly CapabilityPattern[] {
  const rest = parsePattern(`${pattern}:*`);
  return rest.ok && !covers(pattern, rest.value) ? [pattern, rest.value] : [pattern];
}

function findWide(
  patterns: readonly CapabilityPattern[],
  families: readonly CapabilityFamily[],
): readonly CapabilityFamily[] {
  return families.filter((family) => {
    if (!family.dangerous || family.resource === 'none') return false;
    return WIDE_RESOURCES[family.resource.kind].some((resource) => {
      const all = parsePattern(`${family.name}:${resource}`);
      return all.ok && patterns.some((pattern) => covers(pattern, all.value));
    });
  });
}

function toNarrowerForm({ name, resource }: CapabilityFamily): string {
  return resource === 'none' ? name : `${name}:${resource.placeholder}`;
}

/**
 * What a version may do that the one before could not, as a diff that people can read and accept.
 *
 * An upgrade is where a plugin that was looked at once could reach for more. So what grows is
 * named, must be held by whoever installs it, and must be accepted by its digest: see
 * `judge-install.ts`.
 *
 * @module
 */

import { findCovering } from '../capabilities/capability-set.ts';
import { type CapabilityPattern, covers } from '../capabilities/pattern.ts';
import { familiesReachedBy } from '../capabilities/reach.ts';
import { canonicalJson } from '../primitives/canonical-json.ts';
import { ownToolPattern } from './own-tool.ts';
import type { RegisteredPlugin } from './registered-plugin.ts';
import { findLoosened, type Loosening } from './trust-growth.ts';

/** A `type`, so that it is a `JsonObject`. Patterns are expanded, as the registry holds them. */
export type CapabilityDiff = {
  /** Asked for, and no pattern of the version before has anything to do with it. */
  readonly added: readonly CapabilityPattern[];
  /** Asked for, and wider than what the version before asked for. */
  readonly widened: readonly Widening[];
  /** Asked for before, and in nothing that is asked for now. */
  readonly removed: readonly CapabilityPattern[];
  /** What the plugin denied itself before, and does not now, where it matters. */
  readonly undenied: readonly CapabilityPattern[];
  /** Where it asks to be believed more, or looked at less. */
  readonly loosened: readonly Loosening[];
};

type Widening = {
  readonly from: readonly CapabilityPattern[];
  readonly to: CapabilityPattern;
};

/** A diff by which an upgrade may do more. */
export type CapabilityGrowth = CapabilityDiff & {
  /** SHA-256 that stands for having seen this diff of this upload, lower-case hex. */
  readonly digest: string;
};

type Version = Pick<RegisteredPlugin, 'allow' | 'deny' | 'tools'>;

/** A plugin's own tools are no part of it: they are its very purpose, and granted one by one. */
export function diffCapabilities(before: Version, after: Version): CapabilityDiff {
  const had = withoutOwnTools(before);
  const has = withoutOwnTools(after);
  const grown = has
    .filter((pattern) => findCovering(had, pattern) === undefined)
    .map((to): Widening => ({ from: had.filter((pattern) => covers(to, pattern)), to }));
  return {
    added: grown.filter(({ from }) => from.length === 0).map(({ to }) => to),
    widened: grown.filter(({ from }) => from.length > 0),
    removed: had.filter((pattern) => findCovering(has, pattern) === undefined),
    undenied: before.deny.filter(
      (denied) =>
        findCovering(after.deny, denied) === undefined && overlaps(has, denied).length > 0,
    ),
    loosened: findLoosened(before.tools, after.tools),
  };
}

/**
 * The diff, if the newer version may do more. Its digest is good for exactly this upload over
 * exactly that version: another version, other code or another diff give another one.
 */
export function findGrowth(
  before: RegisteredPlugin,
  after: RegisteredPlugin,
  sha256Hex: (text: string) => string,
): CapabilityGrowth | undefined {
  const diff = diffCapabilities(before, after);
  if (countGrown(diff) === 0) return undefined;
  const { name, version: to, codeHash } = after;
  const seen = canonicalJson({ name, from: before.version, to, codeHash, ...diff });
  return { ...diff, digest: sha256Hex(seen) };
}

/** How many entries of a diff let the newer version do more. */
export function countGrown({ added, widened, undenied, loosened }: CapabilityDiff): number {
  return added.length + widened.length + undenied.length + loosened.length;
}

/**
 * The patterns that whoever lets the plugin grow must hold himself. For what it no longer denies
 * that is the lesser of the two: what was denied, or what of it the plugin asks for.
 */
export function findNewReach(diff: CapabilityDiff, after: Version): readonly CapabilityPattern[] {
  const has = withoutOwnTools(after);
  const reach = [
    ...diff.added,
    ...diff.widened.map(({ to }) => to),
    ...diff.undenied.flatMap((denied) =>
      findCovering(has, denied) === undefined ? overlaps(has, denied) : [denied],
    ),
  ];
  return [...new Set(reach)];
}

function withoutOwnTools({ allow, tools }: Version): readonly CapabilityPattern[] {
  const own = new Set(tools.map(({ name }) => ownToolPattern(name)));
  return allow.filter((pattern) => !own.has(pattern));
}

/** Those that can share a capability with `denied`: by their families, so rather too many. */
function overlaps(
  patterns: readonly CapabilityPattern[],
  denied: CapabilityPattern,
): readonly CapabilityPattern[] {
  const families = familiesReachedBy(denied);
  return patterns.filter((pattern) =>
    familiesReachedBy(pattern).some((family) => families.includes(family)),
  );
}

/**
 * A set of patterns that is asked often: what a plugin, a workspace or a block allows or denies.
 *
 * A set is a plain list, so that it travels between blocks as part of a frozen authority. Its
 * index is made when the list is first asked and lives as long as the list. Nothing is expanded
 * here: a bare name in a set is one capability (see `expand.ts`).
 *
 * @module
 */

import { type Capability, type CapabilityPattern, covers } from './pattern.ts';

/** Never changed after it was first asked: asking freezes the list. An empty one holds nothing. */
export type CapabilitySet = readonly CapabilityPattern[];

/** What one party allows, and what it denies whatever it allows. */
export interface CapabilityRules {
  readonly allow: CapabilitySet;
  readonly deny: CapabilitySet;
}

interface Index {
  /** Every pattern, for whatever is in the set letter by letter. */
  readonly exact: ReadonlySet<string>;
  /** Patterns with a star, by their first two segments, where these hold none. */
  readonly byHead: ReadonlyMap<string, CapabilitySet>;
  /** Patterns with a star in the first two segments, such as `tool:*`: compared with everything. */
  readonly loose: CapabilitySet;
}

/** A cache, not state: an index says nothing that its frozen list does not say. */
const INDEXES = new WeakMap<CapabilitySet, Index>();

/**
 * A pattern of the set that covers the given capability or pattern, or nothing. Which one, where
 * several do, is the same each time.
 */
export function findCovering(
  set: CapabilitySet,
  narrower: CapabilityPattern,
): CapabilityPattern | undefined {
  const { exact, byHead, loose } = indexOf(set);
  if (exact.has(narrower)) return narrower;
  const isWider = (pattern: CapabilityPattern) => covers(pattern, narrower);
  return byHead.get(headOf(narrower))?.find(isWider) ?? loose.find(isWider);
}

/** Whether a list of what is allowed holds this capability. */
export function allows(set: CapabilitySet, capability: Capability): boolean {
  return findCovering(set, capability) !== undefined;
}

/** Whether a list of what is denied holds this capability. */
export function denies(set: CapabilitySet, capability: Capability): boolean {
  return findCovering(set, capability) !== undefined;
}

/** Whether a party lets this capability pass. Its deny list always wins. */
export function permits(rules: CapabilityRules, capability: Capability): boolean {
  return allows(rules.allow, capability) && !denies(rules.deny, capability);
}

function indexOf(set: CapabilitySet): Index {
  const known = INDEXES.get(set);
  if (known !== undefined) return known;

  const byHead = new Map<string, CapabilityPattern[]>();
  const loose: CapabilityPattern[] = [];
  for (const pattern of Object.freeze(set)) {
    if (!pattern.includes('*')) continue;
    const head = headOf(pattern);
    const sameHead = head.includes('*') ? loose : byHead.get(head);
    if (sameHead === undefined) byHead.set(head, [pattern]);
    else sameHead.push(pattern);
  }
  const index = { exact: new Set<string>(set), byHead, loose };
  INDEXES.set(set, index);
  return index;
}

/** The first two segments, or the whole text if it has no more. */
function headOf(pattern: CapabilityPattern): string {
  const second = pattern.indexOf(':', pattern.indexOf(':') + 1);
  return second === -1 ? pattern : pattern.slice(0, second);
}

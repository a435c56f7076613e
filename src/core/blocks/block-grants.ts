/**
 * What a block may do, for how long, and how that is handed down and taken away again.
 *
 * A block never holds more than its parent: not wider, not longer. What is taken from a parent is taken
 * from all below it, and nothing but birth ever gives anything.
 *
 * @module
 */

import * as z from 'zod';
import { expandBlockCapabilities } from '../capabilities/block-bits.ts';
import type { ExpansionProblem } from '../capabilities/expand.ts';
import { type Grant, isLive, liveGrants } from '../capabilities/grant.ts';
import { holdsAllOf } from '../capabilities/hold-all.ts';
import { type CapabilityPattern, covers } from '../capabilities/pattern.ts';
import { err, ok, type Result } from '../primitives/result.ts';

/** A pattern or the name of a bit, as it is written; with `expiresAt` it ends then. */
export type CapabilityEntry = string | { readonly capability: string; readonly expiresAt: number };

/** Most entries of a list of capabilities. */
const MAX_ENTRIES = 64;

const capability = z.string().min(1).max(512);

/** `expiresAt` is in epoch milliseconds: from then on the capability gives nothing. */
export const capabilityEntriesSchema: z.ZodType<readonly CapabilityEntry[]> = z
  .array(z.union([capability, z.strictObject({ capability, expiresAt: z.int().min(0) })]))
  .max(MAX_ENTRIES);

/** Without repetitions. With any problem at all the grants are not to be used. */
export interface ExpandedGrants {
  readonly grants: readonly Grant[];
  readonly problems: readonly ExpansionProblem[];
}

/** Writes bits and bare names out. What is named twice ends with the later of both. */
export function expandBlockGrants(entries: readonly CapabilityEntry[]): ExpandedGrants {
  const { patterns, problems } = expandBlockCapabilities(entries.map(textOf));
  const named = entries.flatMap((entry) =>
    expandBlockCapabilities([textOf(entry)]).patterns.map((pattern) =>
      toGrant(pattern, typeof entry === 'string' ? FOREVER : entry.expiresAt),
    ),
  );
  // A bit beside a pattern of its family stands for that pattern only.
  const grants = patterns.map((pattern) => {
    const ends = named.filter((grant) => grant.pattern === pattern).map(endOf);
    return toGrant(pattern, Math.max(...ends));
  });
  return { grants, problems };
}

/**
 * Hands on what is wanted, or says what the giver does not have, or not for so long. What names no end
 * ends with what the giver has.
 */
export function handDown(
  held: readonly Grant[],
  wanted: readonly Grant[],
  now: number,
): Result<readonly Grant[], CapabilityPattern> {
  const live = liveGrants(held, now);
  const given: Grant[] = [];
  for (const grant of wanted) {
    const end = endOfHolding(live, grant.pattern);
    const isBeyond = end === undefined || (grant.expiresAt ?? end) > end || !isLive(grant, now);
    if (isBeyond) return err(grant.pattern);
    given.push(toGrant(grant.pattern, Math.min(end, endOf(grant))));
  }
  return ok(given);
}

/** What is in both: never more than either, in width or in time. */
export function boundGrants(own: readonly Grant[], bounds: readonly Grant[]): readonly Grant[] {
  const common = [...inside(own, bounds), ...inside(bounds, own)];
  return common.filter(
    (grant, index) =>
      !common.some((other, place) => place !== index && isSurplus(grant, other, place < index)),
  );
}

const FOREVER = Number.POSITIVE_INFINITY;

function textOf(entry: CapabilityEntry): string {
  return typeof entry === 'string' ? entry : entry.capability;
}

function toGrant(pattern: CapabilityPattern, end: number): Grant {
  return end === FOREVER ? { pattern } : { pattern, expiresAt: end };
}

function endOf({ expiresAt }: Grant): number {
  return expiresAt ?? FOREVER;
}

/** Until when all of the pattern is held; `undefined` if it never is. */
function endOfHolding(held: readonly Grant[], wanted: CapabilityPattern): number | undefined {
  const ends = [...new Set(held.map(endOf))].sort((a, b) => b - a);
  return ends.find((end) => {
    const lasting = held.filter((grant) => endOf(grant) >= end);
    return holdsAllOf(
      lasting.map(({ pattern }) => pattern),
      wanted,
    );
  });
}

function inside(grants: readonly Grant[], bounds: readonly Grant[]): Grant[] {
  return grants.flatMap((grant) => {
    const end = endOfHolding(bounds, grant.pattern);
    return end === undefined ? [] : [toGrant(grant.pattern, Math.min(end, endOf(grant)))];
  });
}

/** Whether another grant gives all of it; of two that are the same, the first one stays. */
function isSurplus(grant: Grant, other: Grant, isEarlier: boolean): boolean {
  if (!covers(other.pattern, grant.pattern) || endOf(other) < endOf(grant)) return false;
  const isSame = other.pattern === grant.pattern && endOf(other) === endOf(grant);
  return !isSame || isEarlier;
}

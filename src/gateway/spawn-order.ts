/**
 * From what was asked for to the order by which a block is born.
 *
 * @module
 */

import type { BirthOrder } from '../blocks/user/block-api.ts';
import { type CapabilityEntry, expandBlockGrants } from '../core/blocks/block-grants.ts';
import { toBlockLimits } from '../core/blocks/block-limits.ts';
import type { BlockSpec } from '../core/blocks/block-spec.ts';
import type { Grant } from '../core/capabilities/grant.ts';
import { holdsAllOf } from '../core/capabilities/hold-all.ts';
import { livePatterns } from '../core/capabilities/live-patterns.ts';
import { missingGrant } from './admit.ts';
import { newBlockId } from './open-block.ts';
import { Refusal } from './refusal.ts';
import type { RouteRequest } from './route.ts';

type AnyRequest = RouteRequest<unknown, unknown>;

export function toOrder(request: AnyRequest, spec: BlockSpec): BirthOrder {
  return {
    blockId: newBlockId(request),
    behavior: spec.behavior,
    grants: toGrants(spec.capabilities),
    limits: toBlockLimits(spec.limits),
    budget: spec.budget,
    ...(spec.name !== undefined && { name: spec.name }),
    creator: request.caller.principal,
    ancestors: [],
    requestId: request.requestId,
  };
}

/** What a body lists under `capabilities`; ends that are over are refused. */
export function toGrants(entries: readonly CapabilityEntry[]): readonly Grant[] {
  const { grants, problems } = expandBlockGrants(entries);
  const over = entries.flatMap((entry, index) =>
    typeof entry !== 'string' && entry.expiresAt <= Date.now()
      ? [{ index, message: 'Cannot give a capability that has ended: it must end in the future' }]
      : [],
  );
  const errors = [...problems, ...over].map(({ index, message }) => ({
    pointer: `/capabilities/${index}`,
    detail: message,
  }));
  if (errors.length > 0) {
    throw new Refusal('invalid_body', { detail: 'Cannot read the capabilities', errors });
  }
  return grants;
}

/** Nobody gives a block what he does not hold himself. */
export function requireGrants({ caller }: AnyRequest, grants: readonly Grant[]): void {
  const held = livePatterns(caller.grants, Date.now());
  const beyond = grants.find(({ pattern }) => !holdsAllOf(held, pattern))?.pattern;
  if (beyond === undefined) return;
  throw missingGrant(beyond);
}

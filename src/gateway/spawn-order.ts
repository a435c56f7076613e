/**
 * From what was asked for to the order by which a block is born.
 *
 * @module
 */

import type { BirthOrder } from '../blocks/user/block-api.ts';
import { toBlockLimits } from '../core/blocks/block-limits.ts';
import type { BlockSpec } from '../core/blocks/block-spec.ts';
import { expandBlockCapabilities } from '../core/capabilities/block-bits.ts';
import { liveGrants } from '../core/capabilities/grant.ts';
import { holdsAllOf } from '../core/capabilities/hold-all.ts';
import type { CapabilityPattern } from '../core/capabilities/pattern.ts';
import { deny } from '../core/errors/denial.ts';
import { newBlockId } from './open-block.ts';
import { Refusal } from './refusal.ts';
import type { RouteRequest } from './route.ts';

type AnyRequest = RouteRequest<unknown, unknown>;

export function toOrder(request: AnyRequest, spec: BlockSpec): BirthOrder {
  const { patterns, problems } = expandBlockCapabilities(spec.capabilities);
  if (problems.length > 0) {
    const errors = problems.map(({ index, message }) => ({
      pointer: `/capabilities/${index}`,
      detail: message,
    }));
    throw new Refusal('invalid_body', { detail: 'Cannot spawn the block', errors });
  }
  return {
    blockId: newBlockId(request),
    behavior: spec.behavior,
    capabilities: patterns,
    limits: toBlockLimits(spec.limits),
    ...(spec.name !== undefined && { name: spec.name }),
    creator: request.caller.principal,
    ancestors: [],
    requestId: request.requestId,
  };
}

/** Nobody gives a block what he does not hold himself. */
export function requireGrants(
  { caller }: AnyRequest,
  patterns: readonly CapabilityPattern[],
): void {
  const now = Date.now();
  const held = liveGrants(caller.grants, now).map(({ pattern }) => pattern);
  const beyond = patterns.find((pattern) => !holdsAllOf(held, pattern));
  if (beyond === undefined) return;
  throw new Refusal('denied', {
    denial: deny('capability', 'principal_grant_missing', { family: beyond }),
  });
}

/**
 * Who may give grants other than by a token: by what an issuer's claims are worth, or by the bound of a
 * member. It takes what issuing a token takes: to be one who may issue tokens, without caveats, and to
 * hold all that is given.
 *
 * @module
 */

import { findGrant } from '../../core/capabilities/grant.ts';
import { type CapabilityPattern, parseCapability } from '../../core/capabilities/pattern.ts';
import type { PointerError } from '../../core/errors/pointer-errors.ts';
import { liveGrantsOf } from '../../core/policy/live-grants.ts';
import type { Actor, Refusal } from './workspace-api.ts';
import type { WorkspaceParts } from './workspace-parts.ts';

const NEEDED = 'system:token:issue';

export interface Giving {
  /** What it would do, as the beginning of a sentence. */
  readonly action: string;
  /** At least one; each may be empty. */
  readonly gifts: readonly Gift[];
}

export interface Gift {
  readonly pointer: string;
  readonly patterns: readonly CapabilityPattern[];
}

/** Everything that stands against giving this. */
export function findGivingObjection(
  parts: WorkspaceParts,
  { principal }: Actor,
  { action, gifts }: Giving,
): Refusal | undefined {
  const refused = (rest: string, errors?: readonly PointerError[]): Refusal => ({
    code: 'denied',
    detail: `${action}: ${rest}`,
    ...(errors && { errors }),
  });
  if (principal.caveats !== undefined) return refused('who asks must hold a token without caveats');
  const now = parts.now();
  const held = liveGrantsOf(principal.tokenId, parts.authorities.sources, now);
  const needed = parseCapability(NEEDED);
  if (!needed.ok || findGrant(held, needed.value, now) === undefined) {
    return refused(`who asks must hold "${NEEDED}"`);
  }
  const errors = gifts
    .filter(({ patterns }) => patterns.some((one) => findGrant(held, one, now) === undefined))
    .map(({ pointer }) => ({ pointer, detail: 'must hold only what you hold' }));
  return errors.length === 0 ? undefined : refused('who asks must hold all that it gives', errors);
}

/**
 * Who may say what the people of an issuer get.
 *
 * A rule of an issuer gives grants, as issuing a token does. So it takes the same: to be one who may
 * issue tokens, and to hold all that is given. To describe an issuer as it was, or to take one away,
 * takes neither.
 *
 * @module
 */

import { findGrant } from '../../core/capabilities/grant.ts';
import { parseCapability } from '../../core/capabilities/pattern.ts';
import type { PointerError } from '../../core/errors/pointer-errors.ts';
import { liveGrantsOf } from '../../core/policy/live-grants.ts';
import type { Policy } from '../../core/policy/policy.ts';
import { fingerprintOf } from './issuer-giver.ts';
import type { Actor, Refusal } from './workspace-api.ts';
import type { WorkspaceParts } from './workspace-parts.ts';

const NEEDED = 'system:token:issue';

/** Everything that stands against putting these issuers in force. */
export function findSignInObjection(
  parts: WorkspaceParts,
  { principal }: Actor,
  { signIn }: Policy,
): Refusal | undefined {
  const present = parts.workspace.row().policy.signIn.issuers.map(fingerprintOf);
  const isNew = signIn.issuers.map((issuer) => !present.includes(fingerprintOf(issuer)));
  if (!isNew.includes(true)) return undefined;
  if (principal.caveats !== undefined) {
    const detail = 'Cannot trust the issuer: who asks must hold a token without caveats';
    return { code: 'denied', detail };
  }
  const now = parts.now();
  const held = liveGrantsOf(principal.tokenId, parts.authorities.sources, now);
  const needed = parseCapability(NEEDED);
  if (!needed.ok || findGrant(held, needed.value, now) === undefined) {
    return { code: 'denied', detail: `Cannot trust the issuer: who asks must hold "${NEEDED}"` };
  }
  const errors = signIn.issuers.flatMap(({ rules }, at) =>
    !isNew[at]
      ? []
      : rules.flatMap(({ grants }, rule): PointerError[] =>
          grants.some((pattern) => findGrant(held, pattern, now) === undefined)
            ? [{ pointer: `/policy/signIn/issuers/${at}/rules/${rule}/grants`, detail: MUST_HOLD }]
            : [],
        ),
  );
  if (errors.length === 0) return undefined;
  const detail = 'Cannot trust the issuer: its rules must give only what who asks holds';
  return { code: 'denied', detail, errors };
}

const MUST_HOLD = 'must hold only what you hold';

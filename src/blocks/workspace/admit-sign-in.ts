/**
 * Who may say what the people of an issuer get.
 *
 * A rule of an issuer gives grants, as issuing a token does, and takes the same. To describe an issuer as
 * it was, or to take one away, takes nothing.
 *
 * @module
 */

import type { Policy } from '../../core/policy/policy.ts';
import { fingerprintOf } from './issuer-giver.ts';
import { findGivingObjection, type Gift } from './may-give.ts';
import type { Actor, Refusal } from './workspace-api.ts';
import type { WorkspaceParts } from './workspace-parts.ts';

/** Everything that stands against putting these issuers in force. */
export function findSignInObjection(
  parts: WorkspaceParts,
  actor: Actor,
  { signIn }: Policy,
): Refusal | undefined {
  const present = parts.workspace.row().policy.signIn.issuers.map(fingerprintOf);
  const isNew = signIn.issuers.map((issuer) => !present.includes(fingerprintOf(issuer)));
  if (!isNew.includes(true)) return undefined;
  const gifts = signIn.issuers.flatMap(({ rules }, at): readonly Gift[] =>
    !isNew[at]
      ? []
      : rules.map(({ grants }, rule) => ({
          pointer: `/policy/signIn/issuers/${at}/rules/${rule}/grants`,
          patterns: grants,
        })),
  );
  return findGivingObjection(parts, actor, { action: 'Cannot trust the issuer', gifts });
}

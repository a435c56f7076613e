/**
 * Who may say who is a member, and within which bound.
 *
 * A bound gives nothing by itself. But to widen it, to take it away, or to make somebody a member where an
 * issuer lets in members alone, gives him what his tokens and his issuer's rules hold and he did not have.
 *
 * @module
 */

import { type CapabilitySet, findCovering } from '../../core/capabilities/capability-set.ts';
import type { CapabilityPattern } from '../../core/capabilities/pattern.ts';
import type { SignInPolicy, TrustedIssuer } from '../../core/policy/sign-in-policy.ts';
import { givableBy } from '../../core/policy/sign-in-policy.ts';
import { isLiveToken } from '../../core/policy/token-facts.ts';
import { isSignedIn } from './issuer-giver.ts';
import { findGivingObjection, type Gift } from './may-give.ts';
import type { Actor, Refusal } from './workspace-api.ts';
import type { WorkspaceParts } from './workspace-parts.ts';

export type Members = ReadonlyMap<string, CapabilitySet>;

interface MembersChange {
  readonly members: Members;
  /** As it will be. */
  readonly signIn: SignInPolicy;
}

/** Everything that stands against these members in the place of those that there are. */
export function findMembersObjection(
  parts: WorkspaceParts,
  actor: Actor,
  change: MembersChange,
): Refusal | undefined {
  const before = parts.workspace.row().members;
  const next = [...change.members.keys()];
  const former = [...before.keys()].filter((id) => !change.members.has(id));
  const gifts = [
    ...next.map((id, at) => ({ id, pointer: `/members/${at}/grants` })),
    ...former.map((id) => ({ id, pointer: '/members' })),
  ].flatMap(({ id, pointer }): readonly Gift[] => {
    const patterns = newlyHeld(parts, id, change);
    return patterns.length === 0 ? [] : [{ pointer, patterns }];
  });
  if (gifts.length === 0) return undefined;
  return findGivingObjection(parts, actor, { action: 'Cannot change the members', gifts });
}

/** What the user of this id will have by the change, and does not have now. */
function newlyHeld(
  parts: WorkspaceParts,
  id: string,
  { members, signIn }: MembersChange,
): readonly CapabilityPattern[] {
  const bound = parts.workspace.row().members.get(id);
  const next = members.get(id);
  const issuers = signIn.issuers.filter((issuer) => vouchesFor(issuer, id));
  const admitted = issuers.filter(({ admits }) => next !== undefined || admits !== 'members');
  const had = issuers.filter(({ admits }) => bound !== undefined || admits !== 'members');
  const present = [...heldByTokens(parts, id), ...had.flatMap(givableBy)];
  // Whoever is no member any more loses his tokens.
  const kept = next === undefined ? [] : heldByTokens(parts, id);
  const within = (patterns: CapabilitySet, set: CapabilitySet | undefined) =>
    patterns.filter((pattern) => set === undefined || findCovering(set, pattern) !== undefined);
  const now = new Set(within(present, bound));
  return within([...kept, ...admitted.flatMap(givableBy)], next).filter((one) => !now.has(one));
}

/** Names of his principals begin so, and no others. */
function vouchesFor({ kind, name }: TrustedIssuer, id: string): boolean {
  return kind === 'user' && id.startsWith(`${name}.`);
}

/** Those of sign-ins hold what their issuer gives. */
function heldByTokens(parts: WorkspaceParts, id: string): CapabilitySet {
  const now = parts.now();
  return parts.tokens
    .ofSubject('user', id)
    .filter((token) => !isSignedIn(token) && isLiveToken(token, now))
    .flatMap(({ patterns }) => patterns);
}

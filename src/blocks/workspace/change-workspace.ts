/**
 * Founds a workspace, describes it, and changes its policy and members.
 *
 * @module
 */

import { expandGrants } from '../../core/capabilities/expand.ts';
import type { CapabilityPattern } from '../../core/capabilities/pattern.ts';
import type { PointerError } from '../../core/errors/pointer-errors.ts';
import { DEFAULT_POLICY } from '../../core/policy/policy.ts';
import { toPrincipalName } from '../../core/policy/principal.ts';
import type { WorkspaceId } from '../../core/primitives/ids.ts';
import { err, ok, type Result } from '../../core/primitives/result.ts';
import { findMembersObjection, type Members } from './admit-members.ts';
import { findSignInObjection } from './admit-sign-in.ts';
import { announceRevision } from './announce-revision.ts';
import { keepPolicyVersion } from './keep-policy-version.ts';
import { seeOff, seeOffSoon } from './see-off.ts';
import { orderSessionPolicy, tellSessionIndexSoon } from './tell-session-index.ts';
import { revokeTokens } from './tokens.ts';
import { findWideGrants } from './wide-grants.ts';
import type {
  Actor,
  Member,
  Refusal,
  WorkspaceChange,
  WorkspaceDescription,
} from './workspace-api.ts';
import {
  actorEvent,
  raiseRevision,
  record,
  refuseUnrecorded,
  transact,
  type WorkspaceParts,
} from './workspace-parts.ts';

/** Makes the workspace with the default policy and nobody in it; `false` if it exists. */
export function found(parts: WorkspaceParts, actor: Actor, createTables: () => void): boolean {
  if (parts.workspace.find() !== undefined) return false;
  transact(parts, () => {
    createTables();
    const foundedAt = parts.now();
    parts.workspace.insert({ foundedAt, revision: 1, policy: DEFAULT_POLICY, members: new Map() });
    const facts = { action: 'workspace-changed', reason: 'founded', revision: 1 } as const;
    keepPolicyVersion(parts, actor);
    record(parts, actorEvent(parts, actor, facts));
  });
  parts.flush();
  return true;
}

/** `undefined` if the workspace was never founded. */
export function describeWorkspace(
  parts: WorkspaceParts,
  id: WorkspaceId,
): WorkspaceDescription | undefined {
  const row = parts.workspace.find();
  if (row === undefined) return undefined;
  const { revision, policy, members } = row;
  const all = [...policy.allow, ...[...members.values()].flat()];
  return {
    id,
    revision,
    policy,
    members: [...members].map(([member, grants]): Member => ({ id: member, grants })),
    warnings: findWideGrants(all),
  };
}

/** Replaces policy or members, or both. The caller has validated and expanded the policy. */
export async function changeWorkspace(
  parts: WorkspaceParts,
  actor: Actor,
  change: WorkspaceChange,
): Promise<Result<void, Refusal>> {
  const { revision, members: before, policy } = parts.workspace.row();
  const unrecorded = refuseUnrecorded(parts);
  if (unrecorded !== undefined) return err(unrecorded);
  if (change.ifRevision !== undefined && change.ifRevision !== revision) {
    const detail = `Cannot change the workspace: it must be at revision ${change.ifRevision}, not ${revision}`;
    return err({ code: 'conflict', detail });
  }
  const members = readMembers(change.members ?? []);
  if (!members.ok) {
    const detail = 'Cannot change the workspace: its members must hold';
    return err({ code: 'invalid_body', detail, errors: members.error });
  }
  const { signIn } = change.policy ?? policy;
  const objection =
    (change.policy && findSignInObjection(parts, actor, change.policy)) ??
    (change.members && findMembersObjection(parts, actor, { members: members.value, signIn }));
  if (objection !== undefined) return refuseChange(parts, actor, objection);
  transact(parts, () => {
    if (change.members !== undefined) {
      parts.workspace.update({ members: members.value });
      const former = [...before.keys()].filter((id) => !members.value.has(id));
      revokeTokens(parts, actor, tokensOf(parts, former));
      seeOff(parts, actor, former.map(toUserName));
    }
    if (change.policy !== undefined) {
      parts.workspace.update({ policy: change.policy });
      orderSessionPolicy(parts, policy, change.policy);
    }
    const next = raiseRevision(parts);
    if (change.policy !== undefined) keepPolicyVersion(parts, actor);
    const facts = { action: 'workspace-changed', reason: nameOf(change), revision: next } as const;
    record(parts, actorEvent(parts, actor, facts));
  });
  parts.flush();
  await announceRevision(parts);
  await Promise.all([seeOffSoon(parts), tellSessionIndexSoon(parts)]);
  return ok(undefined);
}

function refuseChange(
  parts: WorkspaceParts,
  actor: Actor,
  refusal: Refusal,
): Result<never, Refusal> {
  const reason = 'principal_grant_missing';
  const facts = { action: 'workspace-changed', decision: 'denied', reason } as const;
  transact(parts, () => record(parts, actorEvent(parts, actor, facts)));
  parts.flush();
  return err(refusal);
}

/** Who is no longer a member is bounded by nothing any more: his tokens must go with it. */
function tokensOf(parts: WorkspaceParts, members: readonly string[]): string[] {
  return members.flatMap((id) => parts.tokens.ofSubject('user', id)).map(({ id }) => id);
}

function toUserName(id: string): string {
  return toPrincipalName({ kind: 'user', id });
}

function readMembers(members: readonly Member[]): Result<Members, readonly PointerError[]> {
  const errors: PointerError[] = [];
  const read = new Map<string, readonly CapabilityPattern[]>();
  for (const [at, { id, grants }] of members.entries()) {
    const { patterns, problems } = expandGrants(grants);
    for (const { index, message } of problems) {
      errors.push({ pointer: `/members/${at}/grants/${index}`, detail: message });
    }
    if (read.has(id)) {
      errors.push({ pointer: `/members/${at}/id`, detail: 'must differ from those of all others' });
    }
    read.set(id, patterns);
  }
  return errors.length === 0 ? ok(read) : err(errors);
}

function nameOf({ policy, members }: WorkspaceChange): string {
  if (policy !== undefined && members !== undefined) return 'policy-and-members';
  return policy === undefined ? 'members' : 'policy';
}

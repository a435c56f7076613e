/**
 * Issues and revokes tokens.
 *
 * @module
 */

import { findCovering } from '../../core/capabilities/capability-set.ts';
import { expandGrants } from '../../core/capabilities/expand.ts';
import { attenuate } from '../../core/capabilities/grant.ts';
import type { CapabilityPattern } from '../../core/capabilities/pattern.ts';
import type { PointerError } from '../../core/errors/pointer-errors.ts';
import { depthOf, liveGrantsOf, MAX_TOKEN_DEPTH } from '../../core/policy/live-grants.ts';
import { toPrincipalName } from '../../core/policy/principal.ts';
import { findReserved } from '../../core/policy/reserved-name.ts';
import { ROOT_TOKEN_ID } from '../../core/policy/token-facts.ts';
import { err, ok, type Result } from '../../core/primitives/result.ts';
import { announceRevision } from './announce-revision.ts';
import { seeOffHolders, seeOffSoon } from './see-off.ts';
import type { StoredToken } from './token-store.ts';
import { toWarnings } from './wide-grants.ts';
import type { Actor, IssueToken, Refusal, TokenDescription } from './workspace-api.ts';
import {
  actorEvent,
  raiseRevision,
  record,
  refuseUnrecorded,
  transact,
  type WorkspaceParts,
} from './workspace-parts.ts';

const TOO_MANY: Refusal = {
  code: 'limit_reached',
  detail: 'Cannot issue the token: the workspace must have fewer that have not ended',
};

/** Gives a part of what the actor's own token holds. A new token takes nothing from anybody. */
export function issueToken(
  parts: WorkspaceParts,
  actor: Actor,
  request: IssueToken,
): Result<TokenDescription, Refusal> {
  parts.workspace.row();
  const unrecorded = refuseUnrecorded(parts);
  if (unrecorded !== undefined) return err(unrecorded);
  const { patterns, problems, warnings } = expandGrants(request.grants);
  const reserved = findReserved(actor.principal, request.subject);
  const errors = [
    ...(reserved === undefined ? [] : [{ pointer: '/subject/id', detail: reserved }]),
    ...problems.map(({ index, message }) => grantError(index, message)),
  ];
  if (errors.length > 0) {
    const detail = 'Cannot issue the token: its subject and grants must hold';
    return err({ code: 'invalid_body', detail, errors });
  }
  const token = toToken(parts, actor, { request, patterns });
  const refusal = findObjection(parts, actor, { request, token });
  const facts = { action: 'token-issued', tokenId: token.id } as const;
  if (refusal !== undefined) {
    const reason = 'principal_grant_missing';
    const event = actorEvent(parts, actor, { ...facts, decision: 'denied', reason });
    transact(parts, () => record(parts, event));
    parts.flush();
    return err(refusal);
  }
  const hasRoom = transact(parts, () => {
    if (!parts.tokens.makeRoom(parts.now())) return false;
    parts.tokens.insert(token, request.tokenHash);
    record(parts, actorEvent(parts, actor, facts));
    return true;
  });
  if (!hasRoom) return err(TOO_MANY);
  parts.flush();
  return ok({ ...describeToken(token), warnings: toWarnings(warnings) });
}

/** Revokes a token, and with it what was given on from it; whether there is such a token. */
export async function revokeToken(
  parts: WorkspaceParts,
  actor: Actor,
  tokenId: string,
): Promise<boolean> {
  if (parts.tokens.byId(tokenId) === undefined) return false;
  transact(parts, () => revokeTokens(parts, actor, [tokenId]));
  parts.flush();
  await announceRevision(parts);
  await seeOffSoon(parts);
  return true;
}

/** Part of a transaction. Tokens that were revoked before stay as they are. */
export function revokeTokens(
  parts: WorkspaceParts,
  actor: Actor,
  tokenIds: readonly string[],
): void {
  const revoked = tokenIds.filter((id) => parts.tokens.revoke(id, parts.now()));
  if (revoked.length === 0) return;
  const revision = raiseRevision(parts);
  for (const tokenId of revoked) {
    record(parts, actorEvent(parts, actor, { action: 'token-revoked', tokenId, revision }));
  }
  seeOffHolders(parts, actor, revoked);
}

export function describeToken(token: StoredToken): TokenDescription {
  const { id, subject, patterns, createdAt, giverName, name } = token;
  const { expiresAt, lastUsedAt, revokedAt } = token;
  return {
    id,
    subject: toPrincipalName(subject),
    grants: patterns,
    createdAt,
    createdBy: giverName,
    ...(name !== undefined && { name }),
    ...(expiresAt !== undefined && { expiresAt }),
    ...(lastUsedAt !== undefined && { lastUsedAt }),
    ...(revokedAt !== undefined && { revokedAt }),
  };
}

interface Draft {
  readonly request: IssueToken;
  readonly patterns: readonly CapabilityPattern[];
}

/** A token ends with the one that gave it, at the latest, and with the text of that one that was shown. */
function toToken(
  parts: WorkspaceParts,
  { principal, textEndsAt }: Actor,
  { request, patterns }: Draft,
): StoredToken {
  const giver = parts.tokens.byId(principal.tokenId);
  const ends = [request.expiresAt, giver?.expiresAt, textEndsAt];
  const expiresAt = Math.min(...ends.map((end) => end ?? Number.POSITIVE_INFINITY));
  return {
    id: request.tokenId,
    subject: request.subject,
    patterns,
    giver: principal.tokenId,
    giverName: toPrincipalName(principal),
    createdAt: parts.now(),
    ...(request.name !== undefined && { name: request.name }),
    ...(Number.isFinite(expiresAt) && { expiresAt }),
  };
}

/** Everything that stands against giving this token. */
function findObjection(
  parts: WorkspaceParts,
  { principal }: Actor,
  { request, token }: { readonly request: IssueToken; readonly token: StoredToken },
): Refusal | undefined {
  if (principal.caveats !== undefined) {
    const detail = 'Cannot issue the token: a narrowed token hands on by caveats, not by issuing';
    return { code: 'denied', detail };
  }
  const { sources } = parts.authorities;
  if (depthOf(principal.tokenId, sources) >= MAX_TOKEN_DEPTH || token.id === ROOT_TOKEN_ID) {
    const detail = `Cannot issue the token: at most ${MAX_TOKEN_DEPTH} may be given on from each other`;
    return { code: 'denied', detail };
  }
  const now = parts.now();
  const held = liveGrantsOf(principal.tokenId, sources, now);
  const { kind, id } = request.subject;
  const bound = kind === 'user' ? sources.memberGrants(id) : undefined;
  const errors = request.grants.flatMap((text, index) => {
    const wanted = expandGrants([text]).patterns.map((pattern) => ({
      pattern,
      ...(token.expiresAt !== undefined && { expiresAt: token.expiresAt }),
    }));
    const given = attenuate(held, wanted, now);
    if (!given.ok) return [grantError(index, given.error.message)];
    const isOutside = wanted.some(
      ({ pattern }) => bound !== undefined && findCovering(bound, pattern) === undefined,
    );
    return isOutside ? [grantError(index, 'must be one of the grants of this member')] : [];
  });
  if (errors.length === 0) return undefined;
  const detail = 'Cannot issue the token: it must hold only what its giver holds';
  return { code: 'denied', detail, errors };
}

function grantError(index: number, detail: string): PointerError {
  return { pointer: `/grants/${index}`, detail };
}

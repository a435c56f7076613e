/**
 * Callers who hold no token of ours, but one of an issuer that their workspace trusts (OpenID Connect).
 *
 * The workspace follows from the audience, the principal from the claims, the grants from the policy's
 * rules. Nothing else in the request says anything about either.
 *
 * @module
 */

import { sha256Hex } from '../blocks/kit/keys.ts';
import { openEntry } from '../blocks/workspace/entry-client.ts';
import { readAudiences, workspaceOfAudiences } from '../core/policy/audience.ts';
import { ROOT_WORKSPACE } from '../core/policy/reserved-name.ts';
import type { WorkspaceId } from '../core/primitives/ids.ts';
import type { GatewayBindings } from './bindings.ts';
import { Refusal } from './refusal.ts';
import type { Caller } from './route.ts';
import { findIssuer, type IssuerQuestion, type KnownIssuer } from './trusted-issuers.ts';
import { peekJwt, type UnverifiedJwt } from './unverified-jwt.ts';
import type { Arrival } from './use-of.ts';
import { type VerifiedTimes, verifyIdToken } from './verify-id-token.ts';

type Verified = VerifiedTimes & { readonly fingerprint: string };

/** Nothing for a token that does not hold. */
export async function signIn(
  env: GatewayBindings,
  text: string,
  arrival: Arrival,
): Promise<Caller | undefined> {
  const jwt = peekJwt(text);
  const workspace = jwt && findWorkspace(env, jwt.audiences);
  if (jwt === undefined || workspace === undefined) return undefined;
  for (const mode of ['copy', 'again'] as const) {
    const known = await findIssuer(env, toQuestion(workspace, jwt), mode);
    const verified = known && (await verify(text, jwt, known));
    if (verified === undefined) continue;
    const answer = await enter(env, workspace, { text, jwt, verified, ...arrival });
    // `changed`: the copy was too old.
    if (answer !== 'changed') return answer;
  }
  return undefined;
}

async function verify(
  text: string,
  { audiences }: UnverifiedJwt,
  known: KnownIssuer,
): Promise<Verified | undefined> {
  if (known.kind === 'unreachable') {
    const detail = 'Cannot sign in: the keys of the issuer must be reachable';
    throw new Refusal('issuer_unavailable', { detail, retryAfterMs: known.retryAfterMs });
  }
  if (known.kind === 'untrusted') return undefined;
  if (!audiences.some((audience) => known.trusted.audiences.includes(audience))) return undefined;
  const times = await verifyIdToken(text, known);
  return times && { ...times, fingerprint: known.fingerprint };
}

async function enter(
  env: GatewayBindings,
  workspace: WorkspaceId,
  shown: Arrival & { text: string; jwt: UnverifiedJwt; verified: Verified },
): Promise<Caller | 'changed'> {
  const { text, jwt, verified, requestId, use } = shown;
  const { issuer, claims } = jwt;
  const facts = { ...verified, issuer, claims, requestId, tokenHash: sha256Hex(text) };
  const answer = await openEntry(env, workspace).signIn(facts, use);
  switch (answer.kind) {
    case 'signed-in':
      return answer.caller;
    case 'changed':
      return 'changed';
    case 'unrecorded':
      throw new Refusal('audit_unavailable', {
        detail: 'Cannot sign in: the audit record must be reachable',
      });
    case 'refused':
      throw new Refusal('denied', {
        detail: 'Cannot sign in: the policy must have a rule for who shows this token',
        reason: answer.reason,
      });
  }
}

function findWorkspace(
  { SALLYPORT_AUDIENCES = '' }: Pick<GatewayBindings, 'SALLYPORT_AUDIENCES'>,
  audiences: readonly string[],
): WorkspaceId | undefined {
  const known = readAudiences(SALLYPORT_AUDIENCES);
  return known && workspaceOfAudiences(audiences, { known, own: ROOT_WORKSPACE });
}

function toQuestion(workspace: WorkspaceId, { issuer, kid }: UnverifiedJwt): IssuerQuestion {
  return { workspace, issuer, ...(kid !== undefined && { kid }) };
}

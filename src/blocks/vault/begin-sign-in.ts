/**
 * Sends a person to sign in to a remote server: finds out where, and makes the state and the verifier
 * (PKCE, RFC 7636) by which the answer is known again.
 *
 * @module
 */

import { createHash } from 'node:crypto';
import type { NamedActor } from '../../core/audit/named-actor.ts';
import { toHostAndPort } from '../../core/capabilities/host-and-port.ts';
import { err, ok, type Result } from '../../core/primitives/result.ts';
import { CALLBACK_PATH, type OauthClient } from '../../core/remote-sign-in/client.ts';
import { withQuery } from '../../core/remote-sign-in/form.ts';
import { joinScopes } from '../../core/remote-sign-in/scope.ts';
import { toState } from '../../core/remote-sign-in/state.ts';
import { randomBase64Url, sha256Hex } from '../kit/keys.ts';
import { type Discovery, discoverIssuer } from './discover-issuer.ts';
import { obtainClient } from './obtain-client.ts';
import { findOver, recordSignIn, SIGN_IN_MS, sealPending } from './pending-sign-in.ts';
import { discard, endingOf, revoke } from './revoke-tokens.ts';
import type { BeginProblem, SignInOrder, SignInPlace, SignInStart } from './sign-in-api.ts';
import type { SignInParts } from './sign-in-parts.ts';
import type { SignInTerms } from './sign-in-store.ts';

/** Most sign-ins of a workspace, and most of them under way. */
const MAX_SIGN_INS = 256;
const MAX_PENDING = 64;

/** Bytes of chance in a state, and in a verifier: 43 characters of base64url. */
const SECRET_BYTES = 32;

export async function beginSignIn(
  parts: SignInParts,
  actor: NamedActor,
  order: SignInOrder,
): Promise<Result<SignInStart, BeginProblem>> {
  parts.later(discard(parts, findOver(parts)));
  if (isFull(parts, order)) return err('too_many');
  const { server, auth, gateway } = order;
  const outside = await parts.openOutside();
  const { issuer: pinned, client: known } = auth;
  const found = await discoverIssuer(outside, { server, ...(pinned && { issuer: pinned }) });
  if (!found.ok) return found;
  const redirectUri = gateway + CALLBACK_PATH;
  const wanted = { issuer: found.value.issuer, gateway, redirectUri, ...(known && { known }) };
  const client = await obtainClient(parts, outside, wanted);
  if (!client.ok) return client;
  const scope = scopeFor(parts, order, found.value);
  const terms = { ...toTerms(order, found.value, client.value), ...(scope && { scope }) };
  const sent = { terms, at: found.value.issuer.authorizationEndpoint, actor };
  return ok(send(parts, order, sent));
}

function isFull({ store }: SignInParts, place: SignInPlace): boolean {
  if (store.find(place) !== undefined || store.findPending(place) !== undefined) return false;
  const pending = store.pending().length;
  return pending >= MAX_PENDING || store.count() + pending >= MAX_SIGN_INS;
}

/**
 * The manifest's word, or the server's; with what was asked before, and what was missing since (MCP
 * 2026-07-28, "Step-Up Authorization Flow").
 */
function scopeFor(
  { store }: SignInParts,
  order: SignInOrder,
  { scope, issuer }: Discovery,
): string | undefined {
  const before = store.find(order);
  const isSame = before?.terms.issuer === issuer.issuer;
  const known = isSame ? [before.terms.scope, before.status.wantedScope] : [];
  const offline = issuer.offersOfflineAccess ? 'offline_access' : undefined;
  return joinScopes(order.auth.scope ?? scope, ...known, offline);
}

function toTerms(
  { server, auth, gateway }: SignInOrder,
  found: Discovery,
  { id: clientId, auth: clientAuth }: OauthClient,
): SignInTerms {
  const { issuer, namesItself, tokenEndpoint, revocationEndpoint } = found.issuer;
  const clientSecret = auth.client?.secret;
  return {
    ...{ server, host: toHostAndPort(found.server), resource: found.resource },
    ...{ issuer, namesItself, tokenEndpoint },
    ...(revocationEndpoint !== undefined && { revocationEndpoint }),
    ...{ redirectUri: gateway + CALLBACK_PATH, clientId, clientAuth },
    ...(clientSecret !== undefined && { clientSecret }),
  };
}

interface Sending {
  readonly terms: SignInTerms;
  readonly at: string;
  readonly actor: NamedActor;
}

function send(
  parts: SignInParts,
  { plugin, holder }: SignInPlace,
  { terms, at, actor }: Sending,
): SignInStart {
  const state = toState(parts.workspace, randomBase64Url(SECRET_BYTES), parts.states);
  const verifier = randomBase64Url(SECRET_BYTES);
  const expiresAt = parts.now() + SIGN_IN_MS;
  const begun = { plugin, holder, terms, begunBy: actor.name, expiresAt, attempts: 0 };
  const sealed = sealPending(parts, begun, { stage: 'sent', value: { verifier } });
  const before = endingOf(parts, parts.store.findPending(begun));
  parts.change(() => {
    parts.store.putPending({ ...begun, stateHash: sha256Hex(state), sealed });
    parts.store.forgetUnusedClients();
    parts.sweepBy(expiresAt);
    recordSignIn(
      parts,
      { plugin, actor },
      { action: 'remote-sign-in-begun', decision: 'allowed', resource: terms.host },
    );
  });
  parts.later(revoke(parts, [before]));
  const { scope, issuer } = terms;
  const authorizationUrl = withQuery(at, {
    ...{ response_type: 'code', client_id: terms.clientId, redirect_uri: terms.redirectUri },
    ...{ state, scope, resource: terms.resource },
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
  });
  return { authorizationUrl, issuer, expiresAt, ...(scope !== undefined && { scope }) };
}

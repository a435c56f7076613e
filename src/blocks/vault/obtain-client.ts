/**
 * As whom the gateway comes to an issuer: as it was registered by hand, by a document of its own, or by
 * registering itself, in this order (MCP 2026-07-28, "Client Registration").
 *
 * What an issuer has given is kept for that issuer, and shown to no other.
 *
 * @module
 */

import type { SignInAuth } from '../../core/manifest/remote-section.ts';
import { err, ok, type Result } from '../../core/primitives/result.ts';
import type { AuthorizationServer } from '../../core/remote-sign-in/authorization-server.ts';
import {
  CLIENT_DOCUMENT_PATH,
  chooseAuth,
  describeClient,
  type OauthClient,
  readRegisteredClient,
} from '../../core/remote-sign-in/client.ts';
import type { Outside } from './outside.ts';
import type { BeginProblem } from './sign-in-api.ts';
import type { SignInParts } from './sign-in-parts.ts';

interface Wanted {
  readonly issuer: AuthorizationServer;
  readonly gateway: string;
  readonly redirectUri: string;
  readonly known?: SignInAuth['client'];
}

export async function obtainClient(
  parts: SignInParts,
  outside: Outside,
  wanted: Wanted,
): Promise<Result<OauthClient, BeginProblem>> {
  const { issuer, gateway, known } = wanted;
  if (known !== undefined) return useKnown(parts, issuer, known);
  if (issuer.readsClientDocuments && gateway.startsWith('https:')) {
    return ok({ id: gateway + CLIENT_DOCUMENT_PATH, auth: 'none' });
  }
  const kept = parts.clients.find({ issuer: issuer.issuer, redirectUri: wanted.redirectUri });
  return kept === undefined ? register(parts, outside, wanted) : ok(kept);
}

function useKnown(
  { readSecret }: SignInParts,
  issuer: AuthorizationServer,
  known: NonNullable<SignInAuth['client']>,
): Result<OauthClient, BeginProblem> {
  const { id, secret: name } = known;
  const auth = chooseAuth(issuer, name !== undefined);
  if (auth === undefined) return err('client_needed');
  if (name === undefined) return ok({ id, auth });
  const secret = readSecret(name, issuer.tokenEndpoint);
  return secret === undefined ? err('client_needed') : ok({ id, auth, secret });
}

async function register(
  parts: SignInParts,
  outside: Outside,
  { issuer, gateway, redirectUri }: Wanted,
): Promise<Result<OauthClient, BeginProblem>> {
  const auth = chooseAuth(issuer, false) ?? chooseAuth(issuer, true);
  if (issuer.registrationEndpoint === undefined || auth === undefined) return err('client_needed');
  const answer = await outside.post(issuer.registrationEndpoint, describeClient(gateway, auth));
  const client = answer?.json && readRegisteredClient(answer.json, auth);
  if (!client) return err('client_refused');
  parts.change(() => parts.clients.keep({ issuer: issuer.issuer, redirectUri }, client));
  return ok(client);
}

/**
 * What an authorization server says of itself (RFC 8414, OpenID Connect Discovery 1.0), as far as the
 * authorization code grant with PKCE needs it.
 *
 * @module
 */

import * as z from 'zod';
import type { JsonValue } from '../primitives/json.ts';
import { err, ok, type Result } from '../primitives/result.ts';

export interface AuthorizationServer {
  readonly issuer: string;
  readonly authorizationEndpoint: string;
  readonly tokenEndpoint: string;
  readonly registrationEndpoint?: string;
  readonly revocationEndpoint?: string;
  /** Each answer of its says who it is (RFC 9207). */
  readonly namesItself: boolean;
  /** Takes the URL of a document for a client's id. */
  readonly readsClientDocuments: boolean;
  readonly clientAuth: readonly ClientAuth[];
  /** It gives tokens that last, to who asks for this scope. */
  readonly offersOfflineAccess: boolean;
}

/** How a client shows who it is: not at all, by HTTP Basic, or in the body (RFC 6749 section 2.3.1). */
export type ClientAuth = 'none' | 'client_secret_basic' | 'client_secret_post';

/**
 * `other_issuer`: it speaks of somebody else, and nothing in it may be used (RFC 8414 section 3.3).
 * `pkce_missing`: without `S256` a stolen code would be worth something.
 */
export type ServerProblem = 'not_metadata' | 'other_issuer' | 'pkce_missing' | 'code_missing';

const texts = z.array(z.string()).optional();

const documentSchema = z.object({
  issuer: z.string(),
  authorization_endpoint: z.string(),
  token_endpoint: z.string(),
  registration_endpoint: z.string().optional(),
  revocation_endpoint: z.string().optional(),
  response_types_supported: texts,
  grant_types_supported: texts,
  scopes_supported: texts,
  code_challenge_methods_supported: texts,
  token_endpoint_auth_methods_supported: texts,
  authorization_response_iss_parameter_supported: z.boolean().optional(),
  client_id_metadata_document_supported: z.boolean().optional(),
});

const CLIENT_AUTH = ['none', 'client_secret_basic', 'client_secret_post'] as const;

export function readAuthorizationServer(
  document: JsonValue,
  issuer: string,
): Result<AuthorizationServer, ServerProblem> {
  const read = documentSchema.safeParse(document);
  if (!read.success) return err('not_metadata');
  const said = read.data;
  if (said.issuer !== issuer) return err('other_issuer');
  if (said.code_challenge_methods_supported?.includes('S256') !== true) return err('pkce_missing');
  const { response_types_supported: responses, grant_types_supported: grants } = said;
  const givesCodes = responses?.includes('code') ?? true;
  if (!givesCodes || !(grants?.includes('authorization_code') ?? true)) return err('code_missing');
  return ok({
    issuer,
    authorizationEndpoint: said.authorization_endpoint,
    tokenEndpoint: said.token_endpoint,
    ...(said.registration_endpoint !== undefined && {
      registrationEndpoint: said.registration_endpoint,
    }),
    ...(said.revocation_endpoint !== undefined && {
      revocationEndpoint: said.revocation_endpoint,
    }),
    namesItself: said.authorization_response_iss_parameter_supported === true,
    readsClientDocuments: said.client_id_metadata_document_supported === true,
    clientAuth: readClientAuth(said.token_endpoint_auth_methods_supported),
    offersOfflineAccess: said.scopes_supported?.includes('offline_access') === true,
  });
}

/** Not said: public clients as OAuth 2.1 has them, or HTTP Basic (RFC 8414 section 2). */
function readClientAuth(said: readonly string[] | undefined): readonly ClientAuth[] {
  return CLIENT_AUTH.filter((way) => said?.includes(way) ?? way !== 'client_secret_post');
}

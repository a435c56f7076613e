/**
 * As whom the gateway comes to an authorization server.
 *
 * @module
 */

import * as z from 'zod';
import type { JsonObject, JsonValue } from '../primitives/json.ts';
import type { AuthorizationServer, ClientAuth } from './authorization-server.ts';

/** Where the browser comes back to, and where the document about this client lies. */
export const CALLBACK_PATH = '/v1/sign-ins/callback';
export const CLIENT_DOCUMENT_PATH = '/v1/sign-ins/client.json';

export interface OauthClient {
  readonly id: string;
  readonly auth: ClientAuth;
  readonly secret?: string;
}

/** What is said of the client in its document, and when it registers (RFC 7591 section 2). */
export function describeClient(gateway: string, auth: ClientAuth): JsonObject {
  return {
    client_name: 'Sallyport',
    client_uri: gateway,
    redirect_uris: [gateway + CALLBACK_PATH],
    grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code'],
    token_endpoint_auth_method: auth,
    application_type: gateway.startsWith('https:') ? 'web' : 'native',
  };
}

/** Client ID Metadata Document: the client's id is where the document lies. */
export function toClientDocument(gateway: string): JsonObject {
  return { client_id: gateway + CLIENT_DOCUMENT_PATH, ...describeClient(gateway, 'none') };
}

/** One that the server takes; the weakest that needs no password, where it can be had. */
export function chooseAuth(
  { clientAuth }: Pick<AuthorizationServer, 'clientAuth'>,
  hasSecret: boolean,
): ClientAuth | undefined {
  return clientAuth.find((way) => (way === 'none') === !hasSecret);
}

const text = z.string().regex(/^[\x20-\x7e]{1,2048}$/);

const registeredSchema = z.object({
  client_id: text,
  client_secret: text.optional(),
  token_endpoint_auth_method: z
    .enum(['none', 'client_secret_basic', 'client_secret_post'])
    .optional(),
});

/** The answer of a registration endpoint (RFC 7591 section 3.2.1), to who asked for `asked`. */
export function readRegisteredClient(
  answer: JsonValue,
  asked: ClientAuth,
): OauthClient | undefined {
  const read = registeredSchema.safeParse(answer);
  if (!read.success) return undefined;
  const { client_id: id, client_secret: secret } = read.data;
  const auth = read.data.token_endpoint_auth_method ?? asked;
  if (auth === 'none') return { id, auth };
  return secret === undefined ? undefined : { id, auth, secret };
}

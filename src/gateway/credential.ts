/**
 * The text of a credential, from the one header that a route takes it from.
 *
 * @module
 */

import { MAX_TOKEN_LENGTH } from './access-token.ts';
import type { Route } from './route.ts';
import { MAX_JWT_LENGTH } from './unverified-jwt.ts';

const TOKEN = new RegExp(`^[\\x21-\\x7e]{1,${Math.max(MAX_TOKEN_LENGTH, MAX_JWT_LENGTH)}}$`);
const BEARER = /^Bearer (\S+)$/i;

/**
 * Nothing where it is missing or malformed, or where two headers name two: nobody could tell which of
 * them the request is made under.
 */
export function readCredential(
  { headers }: Request,
  { takesApiKey }: Pick<Route, 'takesApiKey'>,
): string | undefined {
  const authorization = headers.get('Authorization');
  const [, bearer] = BEARER.exec(authorization ?? '') ?? [];
  const apiKey = takesApiKey ? headers.get('x-api-key') : null;
  if (apiKey !== null && authorization !== null && bearer !== apiKey) return undefined;
  const text = apiKey ?? bearer;
  return text !== undefined && TOKEN.test(text) ? text : undefined;
}

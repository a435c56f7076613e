/**
 * Asks an issuer for tokens, and to forget them (RFC 6749 sections 4.1.3 and 6, RFC 7009).
 *
 * @module
 */

import { err, ok, type Result } from '../../core/primitives/result.ts';
import type { FormFields } from '../../core/remote-sign-in/form.ts';
import { readTokenAnswer, type TokenAnswer } from '../../core/remote-sign-in/token-answer.ts';
import type { Outside } from './outside.ts';
import type { SignInTerms } from './sign-in-store.ts';

/** `refused`: it will not say yes to the same again. `unreachable`: nobody knows. */
export type TokenFailure = 'refused' | 'unreachable';

export interface Asking {
  readonly outside: Outside;
  readonly terms: SignInTerms;
  readonly clientSecret: string | undefined;
}

export async function askForTokens(
  asking: Asking,
  grant: FormFields,
): Promise<Result<TokenAnswer, TokenFailure>> {
  const { outside, terms } = asking;
  const fields = { ...grant, resource: terms.resource };
  const client = identify(asking);
  if (client === undefined) return err('refused');
  const all = { ...fields, ...client.fields };
  const answer = await outside.postForm(terms.tokenEndpoint, all, client.headers);
  if (answer === undefined || answer.status >= 500) return err('unreachable');
  if (answer.status === 408 || answer.status === 429) return err('unreachable');
  const sent = [grant.refresh_token ?? '', asking.clientSecret ?? ''];
  const tokens =
    answer.status === 200 && answer.json ? readTokenAnswer(answer.json, sent) : undefined;
  return tokens === undefined ? err('refused') : ok(tokens);
}

/** As well as it goes: what is forgotten here is of no use to anybody here. */
export async function revokeToken(asking: Asking, token: string): Promise<void> {
  const { outside, terms } = asking;
  const client = identify(asking);
  if (terms.revocationEndpoint === undefined || client === undefined) return;
  const fields = { token, ...client.fields };
  await outside.postForm(terms.revocationEndpoint, fields, client.headers);
}

/** Nothing where a password is needed that is not there any more. */
function identify({ terms, clientSecret = '' }: Asking) {
  const { clientId, clientAuth } = terms;
  if (clientAuth === 'none') return { fields: { client_id: clientId }, headers: {} };
  if (clientSecret === '') return undefined;
  if (clientAuth === 'client_secret_post') {
    return { fields: { client_id: clientId, client_secret: clientSecret }, headers: {} };
  }
  const words = [clientId, clientSecret].map(encodeURIComponent).join(':');
  const basic = Buffer.from(words, 'utf8').toString('base64');
  return { fields: {}, headers: { Authorization: `Basic ${basic}` } };
}

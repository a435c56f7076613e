/**
 * All rules for credentials, ready to be looked for.
 *
 * @module
 */

import type { Matcher } from '../matcher.ts';
import { ASSIGNED_TOKENS } from './assigned.ts';
import { AWS_SECRETS, KUBERNETES_SECRETS, NUGET_PASSWORD } from './config-credentials.ts';
import { API_KEY_HEADER, AUTHORIZATION_HEADER, CURL_USERS } from './http-credentials.ts';
import { INNER_TOKENS } from './inner.ts';
import { matchAssigned, matchInner, matchPrefixed } from './match-rows.ts';
import { BUSINESS_PREFIXES } from './prefixed-business.ts';
import { CLOUD_PREFIXES } from './prefixed-cloud.ts';
import { CODE_PREFIXES } from './prefixed-code.ts';
import { PRIVATE_KEY } from './private-key.ts';
import { URL_CREDENTIALS } from './url-credentials.ts';
import { WEB_TOKEN } from './web-token.ts';

/** Most telling first: of two rules for the same characters, the first gives the name. */
export function createSecretMatchers(): readonly Matcher[] {
  return [
    PRIVATE_KEY,
    WEB_TOKEN,
    ...[...CLOUD_PREFIXES, ...CODE_PREFIXES, ...BUSINESS_PREFIXES].flatMap(matchPrefixed),
    ...INNER_TOKENS.map(matchInner),
    ...AWS_SECRETS,
    ...KUBERNETES_SECRETS,
    NUGET_PASSWORD,
    URL_CREDENTIALS,
    AUTHORIZATION_HEADER,
    API_KEY_HEADER,
    ...CURL_USERS,
    ...ASSIGNED_TOKENS.flatMap(matchAssigned),
  ];
}

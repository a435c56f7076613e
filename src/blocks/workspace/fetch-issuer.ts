/**
 * The keys of an issuer, by its discovery document (OpenID Connect Discovery 1.0).
 *
 * What comes back is a stranger's text: it is small, comes soon, and from where the issuer itself is
 * said to be, or nothing of it is used. Redirects are not followed.
 *
 * @module
 */

import { readKeySet } from '../../core/policy/key-set.ts';
import { isJsonObject, type JsonObject } from '../../core/primitives/json.ts';
import { askJson } from '../kit/ask-json.ts';
import { findPlace, type Networks } from '../kit/networks.ts';
import { within } from '../kit/within.ts';
import type { IssuerPlace } from './issuer-keys.ts';

/** How long each of the two documents may take, in milliseconds, to its last byte. */
const TIMEOUT_MS = 5_000;

/** Nothing if they could not be had, for whatever reason. */
export async function fetchKeys(
  networks: Networks,
  { issuer, privateHosts }: IssuerPlace,
  timeoutMs = TIMEOUT_MS,
): Promise<readonly JsonObject[] | undefined> {
  const read = async (url: string) => {
    const found = findPlace(networks, url, { privateHosts, publicScheme: 'https' });
    const answer = found && (await within(timeoutMs, (signal) => askJson(found, { signal })));
    return answer?.status === 200 ? answer.json : undefined;
  };
  const discovery = await read(`${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`);
  // An issuer that speaks of another one is a mix-up (Discovery §4.3).
  if (!isJsonObject(discovery) || discovery.issuer !== issuer) return undefined;
  if (typeof discovery.jwks_uri !== 'string') return undefined;
  const keys = await read(discovery.jwks_uri);
  return keys === undefined ? undefined : readKeySet(keys);
}

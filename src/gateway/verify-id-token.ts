/**
 * Verifies a token of an issuer that a workspace trusts (OpenID Connect Core, RFC 9068, RFC 8725): its
 * signature by a key of the issuer, and who it is from, whom it is for, and when.
 *
 * @module
 */

import { createLocalJWKSet, errors, type JWTVerifyGetKey, jwtVerify } from 'jose';
import type { TrustedIssuer } from '../core/policy/sign-in-policy.ts';
import type { JsonObject } from '../core/primitives/json.ts';

export interface VerifiedTimes {
  /** Epoch milliseconds. */
  readonly issuedAt: number;
  readonly expiresAt: number;
}

export interface IdTokenRules {
  readonly trusted: TrustedIssuer;
  readonly keyOf: JWTVerifyGetKey;
}

/** Finds the key that a token names, and imports each key once. */
export function toKeyFinder(keys: readonly JsonObject[]): JWTVerifyGetKey {
  return createLocalJWKSet({ keys: keys.map((key) => ({ ...key, kty: String(key.kty) })) });
}

/** Nothing if it does not hold, for whatever reason: none of them is told to who sent it. */
export async function verifyIdToken(
  text: string,
  { trusted, keyOf }: IdTokenRules,
): Promise<VerifiedTimes | undefined> {
  try {
    const { payload } = await jwtVerify(text, keyOf, {
      issuer: trusted.issuer,
      audience: [...trusted.audiences],
      algorithms: [...trusted.algorithms],
      requiredClaims: ['exp', 'iat', trusted.subjectClaim],
      clockTolerance: trusted.clockSkewSeconds,
      maxTokenAge: trusted.maxAgeSeconds,
    });
    const { exp, iat } = payload;
    if (exp === undefined || iat === undefined || !isForClient(payload, trusted)) return undefined;
    return { issuedAt: iat * 1_000, expiresAt: endOf(exp, iat, trusted) };
  } catch (error) {
    if (error instanceof errors.JOSEError || error instanceof DOMException) return undefined;
    if (error instanceof TypeError) return undefined; // a key that no algorithm can use
    throw error;
  }
}

/** It ends when it says so, or when it is too old, whichever comes first; by the issuer's clock. */
function endOf(exp: number, iat: number, trusted: TrustedIssuer): number {
  const { maxAgeSeconds, clockSkewSeconds } = trusted;
  return Math.floor((Math.min(exp, iat + maxAgeSeconds) + clockSkewSeconds) * 1_000);
}

function isForClient(payload: Record<string, unknown>, { clients }: TrustedIssuer): boolean {
  const client = payload.azp ?? payload.client_id;
  return clients === undefined || (typeof client === 'string' && clients.includes(client));
}

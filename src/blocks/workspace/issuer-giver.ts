/**
 * An issuer as a giver of grants: between the deployment's root and the tokens of those who signed in.
 *
 * It stands for its issuer as the policy describes it at this moment. Whatever is changed there makes it
 * another giver, so that all that was given under the description before is worth nothing until its
 * holder signs in again.
 *
 * @module
 */

import type { Policy } from '../../core/policy/policy.ts';
import { givableBy, type TrustedIssuer } from '../../core/policy/sign-in-policy.ts';
import { ROOT_TOKEN_ID, type TokenFacts } from '../../core/policy/token-facts.ts';
import { canonicalJson } from '../../core/primitives/canonical-json.ts';
import { sha256Hex } from '../kit/keys.ts';

/** No token has an id that begins so. */
const PREFIX = 'issuer:';
const FINGERPRINT_DIGITS = 32;

/** Changes with every word of the issuer's description. */
export function fingerprintOf(issuer: TrustedIssuer): string {
  // Whatever a policy was read from is JSON; so is what was read.
  const text = canonicalJson(JSON.parse(JSON.stringify(issuer)));
  return sha256Hex(text).slice(0, FINGERPRINT_DIGITS);
}

export function toGiverId(issuer: TrustedIssuer): string {
  return `${PREFIX}${issuer.name}:${fingerprintOf(issuer)}`;
}

/** How the giver of a token is shown. */
export function toGiverName({ name }: Pick<TrustedIssuer, 'name'>): string {
  return PREFIX + name;
}

/** Whether this token was never issued: its holder has signed in. */
export function isSignedIn({ giver }: Pick<TokenFacts, 'giver'>): boolean {
  return giver.startsWith(PREFIX);
}

/** Nothing if the policy describes no such issuer now. */
export function findGiver({ signIn }: Policy, giverId: string): TokenFacts | undefined {
  if (!giverId.startsWith(PREFIX)) return undefined;
  const issuer = signIn.issuers.find((each) => toGiverId(each) === giverId);
  return (
    issuer && {
      id: giverId,
      subject: { kind: 'service', id: issuer.name },
      patterns: givableBy(issuer),
      giver: ROOT_TOKEN_ID,
      giverName: 'user:root',
    }
  );
}

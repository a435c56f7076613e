/**
 * Who vouches for people and programs that hold no token of ours: OpenID Connect issuers, and what the
 * claims of their tokens are worth here.
 *
 * A rule can only give what it names. What no rule names is not given, and who fits no rule is not let
 * in. How it is written is in `sign-in-schema.ts`, how a token is verified in
 * `gateway/verify-id-token.ts`.
 *
 * @module
 */

import type { CapabilityPattern } from '../capabilities/pattern.ts';
import type { SignInAlgorithm } from './sign-in-algorithms.ts';

/** Holds where the claim is one of these texts, or a list with one of them. */
export interface ClaimCondition {
  readonly claim: readonly string[];
  readonly anyOf: readonly string[];
}

export interface ClaimRule {
  /** All must hold; none at all: everybody for whom the issuer vouches. */
  readonly when: readonly ClaimCondition[];
  /** Expanded. */
  readonly grants: readonly CapabilityPattern[];
}

export interface TrustedIssuer {
  /** With which the ids of all its principals begin: two issuers never vouch for the same one. */
  readonly name: string;
  /** Exactly as tokens say it in `iss`. */
  readonly issuer: string;
  /** One of which must be in `aud`. */
  readonly audiences: readonly string[];
  readonly algorithms: readonly SignInAlgorithm[];
  /** One of which must be in `azp` or `client_id`; absent: any client of the issuer. */
  readonly clients?: readonly string[] | undefined;
  readonly kind: 'user' | 'service';
  /** Names the principal. It must be one that the issuer never gives to anybody else. */
  readonly subjectClaim: string;
  /** `members`: only who is listed as a member by the id that he gets here. */
  readonly admits: 'matching' | 'members';
  /** How far the issuer's clock may be off. */
  readonly clockSkewSeconds: number;
  /** How long ago a token may have been issued at most, whatever it says of its end. */
  readonly maxAgeSeconds: number;
  readonly rules: readonly ClaimRule[];
}

export interface SignInPolicy {
  readonly issuers: readonly TrustedIssuer[];
}

/** Nobody vouches for anybody. */
export const DEFAULT_SIGN_IN_POLICY: SignInPolicy = { issuers: [] };

/** Everything that the issuer can give to anybody, each pattern once. */
export function givableBy({ rules }: Pick<TrustedIssuer, 'rules'>): readonly CapabilityPattern[] {
  return [...new Set(rules.flatMap(({ grants }) => grants))];
}

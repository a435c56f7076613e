/**
 * What the workspace block answers about those who come with a credential: whom it makes of a token of
 * an issuer that its policy trusts, and how often a route may be used. Part of `workspace-api.ts`.
 *
 * @module
 */

import type { ClaimsProblem } from '../../core/policy/read-claims.ts';
import type { RequestUse } from '../../core/policy/request-use.ts';
import type { TrustedIssuer } from '../../core/policy/sign-in-policy.ts';
import type { JsonObject } from '../../core/primitives/json.ts';
import type { Authenticated } from './workspace-api.ts';

/** A token whose signature, issuer, audience and times have been verified. */
export interface VerifiedSignIn {
  /** Of the issuer as it stood in the policy when the token was verified. */
  readonly fingerprint: string;
  readonly issuer: string;
  readonly requestId: string;
  /** SHA-256 of the token's text, hex. */
  readonly tokenHash: string;
  /** Epoch milliseconds. */
  readonly issuedAt: number;
  readonly expiresAt: number;
  readonly claims: JsonObject;
}

/** `revoked`: since then; `not-member`: the issuer vouches for members only. */
export type SignInRefusal = ClaimsProblem | 'revoked' | 'not-member' | 'switched-off';

export type SignInAnswer =
  | { readonly kind: 'signed-in'; readonly caller: Authenticated }
  | { readonly kind: 'refused'; readonly reason: SignInRefusal }
  /** The record cannot be reached, and a sign-in must be on it. */
  | { readonly kind: 'unrecorded' }
  /** The policy says something else of this issuer by now: verify again. */
  | { readonly kind: 'changed' };

export type IssuerAnswer =
  | {
      readonly kind: 'trusted';
      readonly trusted: TrustedIssuer;
      readonly fingerprint: string;
      /** Public keys for signatures (RFC 7517). */
      readonly keys: readonly JsonObject[];
    }
  | { readonly kind: 'untrusted' }
  /** Trusted, but its keys could not be had. */
  | { readonly kind: 'unreachable'; readonly retryAfterMs: number };

/** Routes that the policy has a rate for, and how long to wait for the one that was asked about. */
export interface RouteCount {
  readonly limited: readonly string[];
  readonly retryAfterMs: number;
}

export interface EntryApi {
  /** The issuer and its keys; with `kid`, keys are fetched anew if none has that id. */
  issuer(issuer: string, kid?: string): Promise<IssuerAnswer>;
  signIn(signIn: VerifiedSignIn, use: RequestUse): Promise<SignInAnswer>;
  /** For root, who is authenticated without asking the workspace. */
  countRoute(principalName: string, operation: string): Promise<RouteCount>;
}

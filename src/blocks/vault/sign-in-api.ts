/**
 * What the vault of a workspace answers about sign-ins to remote servers; `sign-in-client.ts` is the way
 * to it. Tokens never come out of it, but to a running call that sends one to the server it is for.
 *
 * @module
 */

import type { NamedActor } from '../../core/audit/named-actor.ts';
import type { SignInAuth } from '../../core/manifest/remote-section.ts';
import type { Result } from '../../core/primitives/result.ts';
import type { Audience } from '../../core/remote-sign-in/protected-resource.ts';
import type { SecretUse } from './vault-api.ts';

/** Whose sign-in it is. */
export interface SignInPlace {
  readonly plugin: string;
  /** `kind:id` of a principal, or {@link SHARED}. */
  readonly holder: string;
}

/** The holder of what the whole workspace uses. No principal has this name. */
export const SHARED = 'workspace';

export interface SignInOrder extends SignInPlace {
  /** URL of the MCP server. */
  readonly server: string;
  readonly auth: SignInAuth;
  /** Origin under which the gateway was asked: where the browser comes back to. */
  readonly gateway: string;
}

/** Why nobody can be sent to sign in. */
export type BeginProblem =
  /** The server does not answer, or may not be reached. */
  | 'server_unreachable'
  /** It does not say how to sign in (RFC 9728), or speaks of another resource than itself. */
  | 'resource_unknown'
  | 'other_resource'
  /** The manifest names another one. */
  | 'other_issuer'
  /** Policy does not let the workspace speak to the server, or to its authorization server. */
  | 'host_denied'
  /** It does not say what it is, or some place of it may not be reached. */
  | 'issuer_unreachable'
  | 'address_refused'
  | 'pkce_missing'
  | 'code_missing'
  /** It takes none of the ways in which the gateway can say who it is. */
  | 'client_needed'
  | 'client_refused'
  | 'too_many';

export interface SignInStart {
  /** Where the person's browser has to go. Good for one sign-in, and secret: it holds the state. */
  readonly authorizationUrl: string;
  readonly issuer: string;
  readonly scope?: string;
  readonly expiresAt: number;
}

/** What the browser brought back. */
export interface AuthorizationAnswer {
  readonly state: string;
  readonly code?: string;
  readonly iss?: string;
}

/**
 * `unknown`: no such state, or it has been used, or its time is over. `other_issuer`: the answer is not
 * from who was asked. `refused`: whoever was asked gave no code, or no token for it.
 */
export type AnswerProblem = 'unknown' | 'other_issuer' | 'refused' | 'unreachable';

/** `wrong_code` may be tried again, a few times; `unknown` has to begin anew. */
export type FinishProblem = 'unknown' | 'wrong_code';

/** All that is ever told of a sign-in. */
export interface SignInDescription extends SignInPlace {
  /** `needed`: the server takes the tokens no more, or wants more than they are good for. */
  readonly state: 'signed-in' | 'needed';
  readonly reason?: 'refused' | 'expired' | 'insufficient_scope';
  readonly server: string;
  /** Where its tokens go. */
  readonly audience: Audience;
  readonly issuer: string;
  readonly scope?: string;
  /** Epoch milliseconds. */
  readonly signedInAt: number;
  /** When the access token ends; it is renewed before, where `renews`. */
  readonly expiresAt?: number;
  readonly renews: boolean;
}

export type SignInsOf = { readonly holders: readonly string[] } | { readonly plugin: string };

/** A running call that wants to send the token of a sign-in. */
export interface TokenUse extends SecretUse {
  /** Where it would be sent. */
  readonly url: string;
  /** For whom the call runs. */
  readonly principal: string;
}

/** The server did not take the token of a call. */
export interface TokenRefusal extends TokenUse {
  readonly token: string;
  /** `insufficient`: good, but not for this; `scope` is what it would have to be good for. */
  readonly kind: 'invalid' | 'insufficient';
  readonly scope?: string;
}

/** Why there is no token. `secret_host`: it is for another server. */
export type TokenProblem =
  | 'sign_in_needed'
  | 'secret_host'
  | 'unreachable'
  | 'unreadable'
  | 'audit_unavailable';

/** `unreachable`: nobody knows whether there could be another token. */
export type RefusedProblem = Extract<TokenProblem, 'sign_in_needed' | 'unreachable'>;

export interface SignInApi {
  /** Takes the place of one that was begun and not finished. */
  beginSignIn(actor: NamedActor, order: SignInOrder): Promise<Result<SignInStart, BeginProblem>>;
  /**
   * Takes what the browser brought, once. The answer is a code for the person's eyes: nothing is in
   * force before whoever began has said it.
   */
  receiveAnswer(answer: AuthorizationAnswer): Promise<Result<string, AnswerProblem>>;
  finishSignIn(
    actor: NamedActor,
    place: SignInPlace,
    code: string,
  ): Promise<Result<SignInDescription, FinishProblem>>;
  /** Those of the given holders, or all of a plugin. */
  signIns(of: SignInsOf): Promise<readonly SignInDescription[]>;
  /** Forgets the tokens, then asks the issuer to; whether there were any, or a sign-in was under way. */
  endSignIn(actor: NamedActor, place: SignInPlace): Promise<boolean>;
  /** All of a plugin, or of holders who are gone: their issuers are asked in the background. */
  endSignInsOf(actor: NamedActor, of: SignInsOf): Promise<void>;
  /** The token, renewed if its end is near; on the record whatever the answer. */
  useToken(use: TokenUse): Promise<Result<string, TokenProblem>>;
  /** `ok`: there is another token to try. */
  refuseToken(refusal: TokenRefusal): Promise<Result<void, RefusedProblem>>;
}

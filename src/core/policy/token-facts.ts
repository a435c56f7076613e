/**
 * What is known of a token besides its text, and of the one credential that is no token: root's.
 *
 * @module
 */

import { expandGrants } from '../capabilities/expand.ts';
import type { Grant } from '../capabilities/grant.ts';
import type { CapabilityPattern } from '../capabilities/pattern.ts';

/** The credential of the deployment's root. No token may have this id. */
export const ROOT_TOKEN_ID = 'root';

/** Root holds everything, so that it can give on whatever can be written. */
export const ROOT_GRANTS: readonly Grant[] = expandGrants(['*']).patterns.map((pattern) => ({
  pattern,
}));

export interface TokenFacts {
  readonly id: string;
  readonly subject: { readonly kind: 'user' | 'service'; readonly id: string };
  /** Expanded. */
  readonly patterns: readonly CapabilityPattern[];
  /** Epoch milliseconds. */
  readonly expiresAt?: number;
  readonly revokedAt?: number;
  /** Id of the token that gave it, or {@link ROOT_TOKEN_ID}. */
  readonly giver: string;
  /** `kind:id` of whom that token stands for. */
  readonly giverName: string;
}

export interface TokenSources {
  readonly token: (id: string) => TokenFacts | undefined;
  /** Expanded grants of a member; `undefined` for who is none. */
  readonly memberGrants: (userId: string) => readonly CapabilityPattern[] | undefined;
}

/** Whether the token itself is neither revoked nor expired. */
export function isLiveToken(token: TokenFacts, now: number): boolean {
  return token.revokedAt === undefined && (token.expiresAt === undefined || now < token.expiresAt);
}

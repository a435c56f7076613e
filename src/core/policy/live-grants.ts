/**
 * What a token gives now: its own grants, each as far as everyone above it still holds it.
 *
 * A token is given by another token or by the deployment's root, and so on up. Whatever a giver
 * has lost (revoked, expired, or bounded since) is lost here as well. A member's grants are a
 * bound on that user's tokens, never a source: nobody gains anything by being made a member.
 *
 * @module
 */

import { findCovering } from '../capabilities/capability-set.ts';
import type { Grant } from '../capabilities/grant.ts';
import { type CapabilityPattern, covers } from '../capabilities/pattern.ts';
import {
  isLiveToken,
  ROOT_GRANTS,
  ROOT_TOKEN_ID,
  type TokenFacts,
  type TokenSources,
} from './token-facts.ts';

/** Most tokens between one and the root. */
export const MAX_TOKEN_DEPTH = 8;

/**
 * The grants of a token, with the earliest end of all that they depend on. None if it, or one
 * above it, is not live; and none if there are more above it than there may be.
 */
export function liveGrantsOf(
  tokenId: string,
  sources: TokenSources,
  now: number,
): readonly Grant[] {
  const chain: TokenFacts[] = [];
  for (let id = tokenId; id !== ROOT_TOKEN_ID; ) {
    const token = sources.token(id);
    if (token === undefined || !isLiveToken(token, now) || chain.length >= MAX_TOKEN_DEPTH) {
      return [];
    }
    chain.push(token);
    id = token.giver;
  }
  return chain.reduceRight<readonly Grant[]>(
    (held, token) => narrow(held, token, sources),
    ROOT_GRANTS,
  );
}

/** How many tokens there are from this one up to the root, itself included. */
export function depthOf(tokenId: string, sources: Pick<TokenSources, 'token'>): number {
  let depth = 0;
  for (let id = tokenId; id !== ROOT_TOKEN_ID && depth <= MAX_TOKEN_DEPTH; depth++) {
    id = sources.token(id)?.giver ?? ROOT_TOKEN_ID;
  }
  return depth;
}

function narrow(held: readonly Grant[], token: TokenFacts, sources: TokenSources): Grant[] {
  const { kind, id } = token.subject;
  const bound = kind === 'user' ? sources.memberGrants(id) : undefined;
  return token.patterns.flatMap((pattern) => {
    if (bound !== undefined && findCovering(bound, pattern) === undefined) return [];
    const endsAt = latestEnd(held, pattern);
    if (endsAt === undefined) return [];
    const expiresAt = Math.min(endsAt, token.expiresAt ?? Number.POSITIVE_INFINITY);
    return [Number.isFinite(expiresAt) ? { pattern, expiresAt } : { pattern }];
  });
}

/** When the last of the grants that cover the pattern ends; `undefined` if none covers it. */
function latestEnd(held: readonly Grant[], pattern: CapabilityPattern): number | undefined {
  const ends = held
    .filter((grant) => covers(grant.pattern, pattern))
    .map(({ expiresAt }) => expiresAt ?? Number.POSITIVE_INFINITY);
  return ends.length === 0 ? undefined : Math.max(...ends);
}

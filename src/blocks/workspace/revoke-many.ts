/**
 * Revokes many tokens at once, in one transaction and one revision.
 *
 * @module
 */

import { toPrincipalName } from '../../core/policy/principal.ts';
import { ROOT_TOKEN_ID } from '../../core/policy/token-facts.ts';
import { announceRevision } from './announce-revision.ts';
import type { RevokeMany } from './governance-api.ts';
import { seeOffIfGone, seeOffSoon } from './see-off.ts';
import { revokeTokens } from './tokens.ts';
import type { Actor } from './workspace-api.ts';
import { transact, type WorkspaceParts } from './workspace-parts.ts';

/** To whom tokens are issued: by a revocation nobody else is seen off. */
const TOKEN_HOLDER = /^(?:user|service):/;

/** How many were live. The caller's own token stays, and those that it was given by. */
export async function revokeMany(
  parts: WorkspaceParts,
  actor: Actor,
  { subject }: RevokeMany,
): Promise<number> {
  const kept = chainOf(parts, actor.principal.tokenId);
  const tokens = parts.tokens
    .all()
    .filter(({ revokedAt }) => revokedAt === undefined)
    .filter(({ id }) => !kept.has(id))
    .filter((token) => subject === undefined || toPrincipalName(token.subject) === subject);
  if (tokens.length === 0 && subject === undefined) return 0;
  const ids = tokens.map(({ id }) => id);
  transact(parts, () => {
    revokeTokens(parts, actor, ids);
    if (subject !== undefined && TOKEN_HOLDER.test(subject)) seeOffIfGone(parts, actor, subject);
  });
  parts.flush();
  if (ids.length > 0) await announceRevision(parts);
  await seeOffSoon(parts);
  return ids.length;
}

function chainOf({ tokens }: WorkspaceParts, tokenId: string): ReadonlySet<string> {
  const chain = new Set<string>();
  for (let id = tokenId; id !== ROOT_TOKEN_ID && !chain.has(id); ) {
    chain.add(id);
    id = tokens.byId(id)?.giver ?? ROOT_TOKEN_ID;
  }
  return chain;
}

/**
 * Ends what a principal has signed in to, once its last credential is revoked: tokens of remote servers
 * are not kept for nobody.
 *
 * That it must be done is committed with the revocation; it is done at once where possible, and by a
 * timer until it is. A credential that merely expires ends nothing: its holder may come with another.
 *
 * @module
 */

import { liveGrantsOf } from '../../core/policy/live-grants.ts';
import { toPrincipalName } from '../../core/policy/principal.ts';
import { ROOT_NAME } from '../../core/policy/reserved-name.ts';
import { isLiveToken } from '../../core/policy/token-facts.ts';
import type { StoredToken } from './token-store.ts';
import type { Actor } from './workspace-api.ts';
import type { WorkspaceParts } from './workspace-parts.ts';

/** When one that did not succeed at once is tried again, in milliseconds. */
const RETRY_MS = 2_000;

/** Part of the transaction that revoked these tokens: also of those that held by them alone. */
export function seeOffHolders(
  parts: WorkspaceParts,
  actor: Actor,
  revoked: readonly string[],
): void {
  const all = parts.tokens.all();
  const byId = new Map(all.map((token) => [token.id, token]));
  const ended = new Set(revoked);
  const touched = all.filter((token) => givers(token, byId).some((id) => ended.has(id)));
  const leaving = new Set(touched.map(nameOf));
  for (const token of all) {
    const name = nameOf(token);
    if (leaving.has(name) && isGood(parts, token)) leaving.delete(name);
  }
  seeOff(parts, actor, [...leaving]);
}

/** Part of a transaction. Whoever has no good token left; the rows of those that ended may be gone by now. */
export function seeOffIfGone(parts: WorkspaceParts, actor: Actor, principal: string): void {
  const tokens = parts.tokens.all().filter((token) => nameOf(token) === principal);
  if (!tokens.some((token) => isGood(parts, token))) seeOff(parts, actor, [principal]);
}

/** Part of a transaction. */
export function seeOff(parts: WorkspaceParts, actor: Actor, principals: readonly string[]): void {
  const by = { name: toPrincipalName(actor.principal), requestId: actor.requestId };
  const leaving = principals.filter((name) => name !== toPrincipalName(ROOT_NAME));
  parts.departures.add({ principals: leaving, by });
  if (leaving.length > 0) parts.timers.set('depart', parts.now() + RETRY_MS);
}

/** After the transaction. Never rejects: the timer goes on with what is left. */
export async function seeOffSoon(parts: WorkspaceParts): Promise<void> {
  await seeOffPending(parts).catch(() => {});
}

/** The `depart` timer: throws while anybody is left, so that it is tried again. */
export async function seeOffPending(parts: WorkspaceParts): Promise<void> {
  for (const departure of parts.departures.pending()) {
    await parts.endSignIns(departure);
    parts.departures.done(departure);
  }
  if (parts.departures.pending().length === 0) parts.timers.clear('depart');
}

/** The token itself, and those that it was given by. */
function givers(token: StoredToken, byId: ReadonlyMap<string, StoredToken>): readonly string[] {
  const chain: string[] = [];
  let next: StoredToken | undefined = token;
  while (next !== undefined && !chain.includes(next.id)) {
    chain.push(next.id);
    next = byId.get(next.giver);
  }
  return chain;
}

function isGood({ authorities, now }: WorkspaceParts, token: StoredToken): boolean {
  return isLiveToken(token, now()) && liveGrantsOf(token.id, authorities.sources, now()).length > 0;
}

function nameOf({ subject }: StoredToken): string {
  return toPrincipalName(subject);
}

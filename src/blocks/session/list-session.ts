/**
 * A session's place in the index of its workspace: by which it is found, counted, and ended when nobody
 * uses it any more.
 *
 * Those that a request makes for itself end soon, and the session of a block ends with the block: they
 * have none.
 *
 * @module
 */

import type { ListedSession } from '../session-index/session-index-api.ts';
import type { SessionParts } from './session-parts.ts';
import type { SessionFacts } from './session-store.ts';

/** Begins the name of a block. */
const BLOCK = 'block:';

export function hasPlace({ createdBy, ephemeralMs }: SessionFacts): boolean {
  return ephemeralMs === undefined && !createdBy.startsWith(BLOCK);
}

export function toListed({ id, createdAt, createdBy, title, model }: SessionFacts): ListedSession {
  return {
    ...{ id, createdAt, createdBy },
    ...(title !== undefined && { title }),
    ...(model !== undefined && { model }),
  };
}

/**
 * Lists a session that was made by its first turn, or before there was an index. Nobody waits for it, and
 * for a session that is listed there is nothing to do.
 */
export async function listIfNew({ changes, neighbours, session }: SessionParts): Promise<void> {
  const facts = session.live()?.facts;
  if (facts === undefined || facts.isListed === true || !hasPlace(facts)) return;
  await neighbours.listSession(facts.workspace, toListed(facts));
  if (session.live() === undefined) {
    // Deleted meanwhile, and taken from the list before it was on it.
    await neighbours.unlistSession(facts.workspace, facts.id);
    return;
  }
  session.noteListed();
  changes.writeLate(() => session.writeFacts());
}

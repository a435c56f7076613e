/**
 * Sessions whose journal is free for the next call of a program: founding one for each call costs more
 * than the call. Known to this isolate alone, and lent to one call at a time.
 *
 * One serves a single principal of a workspace under a single credential, and only for calls that
 * stand alone; see `AdmitTurn`. Whether it may serve another is for the session to say.
 *
 * @module
 */

import { type Principal, toAuthorityKey } from '../core/policy/principal.ts';
import type { SessionId } from '../core/primitives/ids.ts';

/** Most that are kept for one credential: the calls that it makes at once. To found one takes many times as long. */
const MAX_FREE = 256;

/** Credentials are many; beyond this number all begin anew. */
const MAX_CREDENTIALS = 256;

const free = new Map<string, SessionId[]>();

/** The one that was used last: it is the most likely to be awake. */
export function takeProgramSession(principal: Principal): SessionId | undefined {
  return free.get(keyOf(principal))?.pop();
}

export function putProgramSession(principal: Principal, session: SessionId): void {
  const key = keyOf(principal);
  if (!free.has(key) && free.size >= MAX_CREDENTIALS) free.clear();
  const sessions = free.get(key) ?? [];
  if (sessions.length < MAX_FREE) sessions.push(session);
  free.set(key, sessions);
}

function keyOf(principal: Principal): string {
  return `${principal.workspace}/${toAuthorityKey(principal)}`;
}

/**
 * The id of a turn as protocols have it that know no sessions: one text for a session and a turn of it.
 * Since a session's id holds a keyed check, a text that was never issued here reaches no object.
 *
 * @module
 */

import { parseTurnId } from '../core/primitives/ids.ts';
import { findSession, type OpenTurn } from './open-session.ts';
import type { RouteRequest } from './route.ts';

/** What the protocol calls it. */
export type IdPrefix = 'resp' | 'task';

const FOREIGN_ID = /^([a-z]{4})_([0-9a-f]{44})([0-9a-f]{32})$/;

export function toForeignId(prefix: IdPrefix, { session, turnId }: OpenTurn): string {
  return `${prefix}_${session.sessionId.slice('ses_'.length)}${turnId.slice('turn_'.length)}`;
}

/** The turn need not exist; nothing for an id that is none of this workspace. */
export function readForeignId(
  request: Pick<RouteRequest<unknown, unknown>, 'env' | 'caller'>,
  prefix: IdPrefix,
  text: string,
): OpenTurn | undefined {
  const [, given, sessionDigits, turnDigits] = FOREIGN_ID.exec(text) ?? [];
  if (given !== prefix) return undefined;
  const session = findSession(request, `ses_${sessionDigits}`);
  const turnId = parseTurnId(`turn_${turnDigits}`);
  return session && turnId && { session, turnId };
}

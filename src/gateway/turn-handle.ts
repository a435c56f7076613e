/**
 * One text for a session and a turn of it, for clients whose protocol knows no sessions. Since a session's
 * id holds a keyed check, a text that was never issued here reaches no object.
 *
 * @module
 */

import { parseTurnId } from '../core/primitives/ids.ts';
import { findSession, type OpenTurn } from './open-session.ts';
import type { RouteRequest } from './route.ts';

/** What the protocol calls it. */
export type HandlePrefix = 'resp' | 'task';

const HANDLE = /^([a-z]{4})_([0-9a-f]{44})([0-9a-f]{32})$/;

export function toHandle(prefix: HandlePrefix, { session, turnId }: OpenTurn): string {
  return `${prefix}_${session.sessionId.slice('ses_'.length)}${turnId.slice('turn_'.length)}`;
}

/** The turn need not exist; nothing for a handle that is none of this workspace. */
export function readHandle(
  request: Pick<RouteRequest<unknown, unknown>, 'env' | 'caller'>,
  prefix: HandlePrefix,
  text: string,
): OpenTurn | undefined {
  const [, given, sessionDigits, turnDigits] = HANDLE.exec(text) ?? [];
  if (given !== prefix) return undefined;
  const session = findSession(request, `ses_${sessionDigits}`);
  const turnId = parseTurnId(`turn_${turnDigits}`);
  return session && turnId && { session, turnId };
}

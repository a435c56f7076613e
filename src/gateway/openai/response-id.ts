/**
 * The id of a response: a session and a turn of it. Since a session's id holds a keyed check, an id that
 * was never issued here reaches no object.
 *
 * @module
 */

import type { SessionClient } from '../../blocks/session/session-client.ts';
import type { SessionId, TurnId } from '../../core/primitives/ids.ts';
import type { ClientTurn } from '../client-turn.ts';
import { sessionOf, turnIdOf } from '../open-session.ts';
import { Refusal } from '../refusal.ts';
import type { RouteRequest } from '../route.ts';

const RESPONSE = /^resp_([0-9a-f]{44})([0-9a-f]{32})$/;

export function toResponseId(sessionId: SessionId, turnId: TurnId): string {
  return `resp_${sessionId.slice('ses_'.length)}${turnId.slice('turn_'.length)}`;
}

/** The turn need not exist. @throws Refusal for an id that is none of this workspace. */
export function readResponseId(
  { env, caller }: Pick<RouteRequest<unknown, unknown>, 'env' | 'caller'>,
  id: string,
): ClientTurn {
  const [, session, turn] = RESPONSE.exec(id) ?? [];
  if (session === undefined) throw noResponse();
  const params = { id: `ses_${session}`, turn: `turn_${turn}` };
  let client: SessionClient;
  try {
    client = sessionOf({ env, caller, params });
  } catch {
    throw noResponse();
  }
  return { session: client, turnId: turnIdOf({ params }) };
}

export function noResponse(): Refusal {
  return new Refusal('not_found', { detail: 'There is no such response' });
}

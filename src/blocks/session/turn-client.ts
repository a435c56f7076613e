/**
 * How a turn gets from its session to the run: by a reference to it.
 *
 * Session and run are often in the same isolate, and a turn is large: its authority and its whole
 * history would be copied for nothing. So the session leaves it on a shelf of the isolate, and a run
 * that is elsewhere asks the session for it.
 *
 * @module
 */

import type { Turn } from '../../core/conversation/turn.ts';
import type { SessionId, TurnId, WorkspaceId } from '../../core/primitives/ids.ts';
import { remember } from '../../core/primitives/remember.ts';
import type { BlockBindings } from '../kit/bindings.ts';
import type { SessionApi } from './session-api.ts';
import { openSession } from './session-client.ts';

/** What a run says to its session. */
export type RunSession = Pick<SessionApi, 'commit' | 'holdLease' | 'refreshAuthority'>;

/** Runs a turn inside the object of its session. */
export type RunInside = (turn: Turn, session: RunSession) => Promise<void>;

/** Names one run of a turn. */
export interface RunRef {
  readonly workspace: WorkspaceId;
  readonly sessionId: SessionId;
  readonly turnId: TurnId;
  readonly epoch: number;
}

/** What lies there longest is taken away first: its run was started elsewhere, or never. */
const MAX_ON_SHELF = 64;

/** Turns whose run is about to begin. Both sides read them only. */
const shelf = new Map<string, Turn>();

export function handOver(turn: Turn): RunRef {
  const { workspace, sessionId, turnId, epoch } = turn;
  const ref = { workspace, sessionId, turnId, epoch };
  remember(shelf, [placeOf(ref), turn], MAX_ON_SHELF);
  return ref;
}

/** The turn, once; nothing if it is not for this run any more. */
export async function takeTurn(
  env: Pick<BlockBindings, 'SESSIONS'>,
  ref: RunRef,
): Promise<Turn | undefined> {
  const place = placeOf(ref);
  const turn = shelf.get(place);
  shelf.delete(place);
  const { workspace, sessionId, turnId, epoch } = ref;
  return turn ?? (await openSession(env, workspace, sessionId).turn(turnId, epoch));
}

function placeOf({ turnId, epoch }: RunRef): string {
  return `${turnId}/${epoch}`;
}

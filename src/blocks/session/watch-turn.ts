/**
 * How a turn is followed from outside: its events and its rest, by long poll.
 *
 * @module
 */

import type { TurnId } from '../../core/primitives/ids.ts';
import type { LiveTurn } from './live-turns.ts';
import type { EventPage, EventRequest, FollowRequest, NotFollowed } from './session-api.ts';
import { type SessionParts, topicOf } from './session-parts.ts';
import { hasEnded, isAtRest } from './turn-store.ts';

/** Longest that anybody is kept waiting, in milliseconds. */
const MAX_WAIT_MS = 300_000;

export function readTurn(parts: SessionParts, turnId: TurnId): LiveTurn | undefined {
  return parts.session.live() && parts.live.find(turnId);
}

/**
 * The turn once it has ended, or waits for a human, or as it stands after `waitMs`; `undefined` if there is
 * no such turn, or no more: then nothing will be heard of it.
 */
export async function waitForRest(
  parts: SessionParts,
  turnId: TurnId,
  waitMs: number,
): Promise<LiveTurn | undefined> {
  const until = parts.now() + Math.min(waitMs, MAX_WAIT_MS);
  for (;;) {
    // One that is not written yet has not ended, and nobody but its run may hear of it.
    const isUnwritten = parts.unwritten.isAbout(turnId);
    const turn = isUnwritten ? undefined : readTurn(parts, turnId);
    if (!isUnwritten && (turn === undefined || isAtRest(turn.row))) return turn;
    const leftMs = until - parts.now();
    if (leftMs <= 0) return turn;
    await parts.waiters.wait(topicOf.rest(turnId), leftMs);
  }
}

/** The next events, as soon as there is one; an empty page after `waitMs`. */
export async function readEvents(
  parts: SessionParts,
  { turnId, afterId, waitMs }: EventRequest,
): Promise<EventPage | undefined> {
  const until = parts.now() + Math.min(waitMs, MAX_WAIT_MS);
  for (;;) {
    const turn = readTurn(parts, turnId);
    if (turn === undefined) return undefined;
    const { row } = turn;
    const events = afterId < row.lastEvent ? parts.journal.events(row.seq, afterId) : [];
    const seen = events.at(-1)?.id ?? afterId;
    const ended = hasEnded(row) && seen >= row.lastEvent;
    const leftMs = until - parts.now();
    if (events.length > 0 || ended || leftMs <= 0) return { events, ended };
    await parts.waiters.wait(topicOf.events(turnId), leftMs);
  }
}

/**
 * Asks after it has waited: credentials end meanwhile. The session hears of that while a turn runs; one can
 * wait for a human for a day, and of that the workspace knows nothing, so it is asked each time.
 */
export async function followEvents(
  parts: SessionParts,
  { reader, ...request }: FollowRequest,
): Promise<EventPage | NotFollowed> {
  const hears = readTurn(parts, request.turnId)?.row.status !== 'waiting';
  const page = await readEvents(parts, request);
  if (page === undefined) return 'gone';
  const { now, readers, session } = parts;
  const since = hears ? (session.row()?.revision ?? 0) : 'now';
  return (await readers.mayRead(reader, { since, now })) ? page : 'refused';
}

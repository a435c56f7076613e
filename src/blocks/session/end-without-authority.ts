/**
 * Ends the turn that has the lane once its principal may not have it run any more: at a new revision
 * before that is acknowledged, and at the instant at which the last of its grants ends.
 *
 * Of turns that programs drive only the credential is asked for: their one call asks for itself. A turn that
 * goes on may lose calls of machines (`end-calls.ts`). What waits for a human does nothing, and is looked at
 * before it goes on.
 *
 * @module
 */

import type { Authority } from '../../core/policy/authority.ts';
import { modelsEndAt, turnModels } from '../../core/policy/turn-models.ts';
import { endCallsWithoutAuthority } from './end-calls.ts';
import type { LiveTurn } from './live-turns.ts';
import type { SessionParts } from './session-parts.ts';

/**
 * By the newest authority, for which the workspace is asked if there is a newer one than is known here.
 * Answers the turn that goes on.
 *
 * @throws whatever was thrown by the workspace, or by its nodes; then it is to be called again.
 */
export async function endWithoutAuthority(
  parts: SessionParts,
  end: (turn: LiveTurn) => void,
): Promise<LiveTurn | undefined> {
  const { authorities, session } = parts;
  const before = running(parts);
  if (before === undefined) return undefined;
  const { id, principal } = before.row.facts;
  const newest = await authorities.newest(principal, session.row()?.revision);
  const turn = running(parts);
  if (turn?.row.facts.id !== id) return undefined;
  if (newest === undefined || !mayGoOn(turn, newest, parts.now())) {
    end(turn);
    return undefined;
  }
  await endCallsWithoutAuthority(parts, turn, newest);
  return running(parts)?.row.facts.id === id ? turn : undefined;
}

function running({ live, session }: SessionParts): LiveTurn | undefined {
  const turn = session.live() && live.holder();
  return turn?.row.status === 'running' ? turn : undefined;
}

function mayGoOn({ row, first }: LiveTurn, newest: Authority, now: number): boolean {
  const { driver } = row.facts;
  if (driver.kind === 'program') return true;
  return turnModels({ first: first ?? newest, newest }, driver, now).length > 0;
}

/** By the clock, as far as is known here: calls that have outlived theirs. Never rejects. */
export async function endOutlivedCalls(parts: SessionParts, turn: LiveTurn): Promise<void> {
  const newest = knownAuthority(parts, turn);
  // If the nodes cannot be told, the next look does it.
  if (newest !== undefined) await endCallsWithoutAuthority(parts, turn, newest).catch(() => {});
}

/** By the clock, as far as is known here. */
export function hasOutlivedGrants(parts: SessionParts, turn: LiveTurn): boolean {
  const newest = knownAuthority(parts, turn);
  return newest !== undefined && !mayGoOn(turn, newest, parts.now());
}

/** When the last of its grants ends, as far as is known here, in epoch milliseconds; never is `Infinity`. */
export function grantsEndAt(parts: SessionParts, turn: LiveTurn): number {
  const { driver } = turn.row.facts;
  const newest = knownAuthority(parts, turn);
  if (driver.kind === 'program' || newest === undefined) return Number.POSITIVE_INFINITY;
  return modelsEndAt({ first: turn.first ?? newest, newest }, driver, parts.now());
}

function knownAuthority({ authorities }: SessionParts, { row, first }: LiveTurn) {
  return authorities.remembered(row.facts.principal) ?? first;
}

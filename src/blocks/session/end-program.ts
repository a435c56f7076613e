/**
 * What a program is told of its call, and whether its session would take another one.
 *
 * Calls that stand alone may share a journal, one after the other. That is so only as long as none of
 * them could tell: the rate of a session is never what refuses one, and the journal stays small.
 *
 * @module
 */

import { isLaneFree } from './begin-turn.ts';
import type { LiveTurn } from './live-turns.ts';
import type { ProgramOutcome } from './session-api.ts';
import type { SessionParts } from './session-parts.ts';
import { toProgramOutcome } from './turn-summary.ts';

/** Most calls that share a session. */
const MAX_CALLS = 256;

/** It takes no more once its storage is larger, in bytes. */
const MAX_STORED_BYTES = 8_388_608;

/** It takes no more once it is older, in milliseconds: it is kept as long as its last call must be. */
const MAX_AGE_MS = 3_600_000;

/** `undefined` while the turn is running. */
export function endProgram(parts: SessionParts, turn: LiveTurn): ProgramOutcome | undefined {
  const outcome = toProgramOutcome(turn);
  if (outcome === undefined || !takesAnother(parts, turn)) return outcome;
  return { ...outcome, takesAnother: true };
}

function takesAnother(parts: SessionParts, { row, first }: LiveTurn): boolean {
  const { now, session, storage } = parts;
  const facts = session.live()?.facts;
  if (!row.facts.standsAlone || first === undefined) return false;
  if (facts === undefined || !isLaneFree(parts)) return false;
  const { limits, rates } = first.policy;
  const used = row.seq;
  return (
    used < MAX_CALLS &&
    now() - facts.createdAt < MAX_AGE_MS &&
    used + limits.maxToolCalls <= rates.session.calls &&
    storage.sql.databaseSize < MAX_STORED_BYTES
  );
}

/**
 * Ends a session that nobody has used for as long as its workspace lets one stay.
 *
 * @module
 */

import { deleteOnRecord } from './cancel-turn.ts';
import type { Flusher } from './flusher.ts';
import { liveSession, type SessionParts } from './session-parts.ts';

/** When it was used last, epoch milliseconds; `undefined` if that was not after `idleSince`, and it is gone. */
export function endIfIdle(
  parts: SessionParts,
  flusher: Flusher,
  idleSince: number | undefined,
): number | undefined {
  // One whose turn is not over is in use, though that may wait for somebody.
  if (parts.turns.unended().length > 0) return parts.now();
  const usedAt = lastUse(parts);
  if (idleSince === undefined || usedAt > idleSince) return usedAt;
  deleteOnRecord(parts, flusher, { reason: 'idle' });
  return undefined;
}

function lastUse(parts: SessionParts): number {
  return Math.max(liveSession(parts).facts.createdAt, parts.journal.lastAt() ?? 0);
}

/**
 * What a run asks of the session between its commits.
 *
 * @module
 */

import type { JournalBatch, JournalReceipt } from '../../core/conversation/journal-entry.ts';
import { Fault } from '../../core/errors/fault.ts';
import type { Authority } from '../../core/policy/authority.ts';
import { capSlice } from '../../core/policy/cap-slice.ts';
import type { TurnId } from '../../core/primitives/ids.ts';
import type { Lane } from './lane.ts';
import type { LiveTurn } from './live-turns.ts';
import { type SessionParts, topicOf } from './session-parts.ts';
import { reservationOf } from './turn-reservation.ts';

/** Longest that a run is kept waiting for news, in milliseconds; a third of the lease at most. */
const MAX_HOLD_MS = 5_000;

export interface Run {
  readonly turnId: TurnId;
  readonly epoch: number;
}

/** Keeps the lease while it waits, and answers at once when the run must stop. */
export async function holdLease(
  parts: SessionParts,
  lane: Lane,
  run: Run,
): Promise<'held' | 'cancelled' | 'lease_lost'> {
  if (!renew(lane, run)) return whyStopped(parts, run);
  const holdMs = Math.min(MAX_HOLD_MS, Math.floor(parts.leaseMs / 3));
  await parts.waiters.wait(topicOf.stop(run.turnId), holdMs);
  return renew(lane, run) ? 'held' : whyStopped(parts, run);
}

/**
 * The newest authority of a run's principal.
 *
 * @throws Fault `lease_lost` if the run may not go on; `denied`, and the turn has ended with that, if
 *   the credential that it was admitted with is not valid any more.
 */
export async function refreshAuthority(
  parts: SessionParts,
  lane: Lane,
  run: Run,
): Promise<Authority> {
  const { principal } = requireHolder(lane, run).row.facts;
  const newest = await parts.authorities.newest(principal, parts.session.row()?.revision);
  const turn = requireHolder(lane, run);
  if (newest === undefined) {
    lane.fail(turn, { code: 'denied' });
    throw new Fault('denied');
  }
  parts.session.raiseRevision(newest.revision);
  return newest;
}

/**
 * The receipt, and with it more to spend, if the run's slice was short and the workspace has some by
 * now. If it cannot be asked, the run goes on with what it has.
 */
export async function renewSlice(
  parts: SessionParts,
  lane: Lane,
  { batch, receipt }: { readonly batch: JournalBatch; readonly receipt: JournalReceipt },
): Promise<JournalReceipt> {
  const turn = lane.holderAt(batch.turnId, batch.epoch);
  if (batch.left === undefined || turn === undefined) return receipt;
  const { facts } = turn.row;
  const { workspace } = facts.principal;
  try {
    const renewed = await parts.neighbours.renewSlice(workspace, reservationOf(turn), batch.left);
    const { inputTokens, outputTokens, costMicroUsd } = turn.progress.usage();
    const used = { tokens: inputTokens + outputTokens, costMicroUsd };
    return { ...receipt, slice: capSlice(renewed, facts.ceiling, used) };
  } catch {
    return receipt;
  }
}

function requireHolder(lane: Lane, { turnId, epoch }: Run): LiveTurn {
  const turn = lane.holderAt(turnId, epoch);
  if (turn === undefined) throw new Fault('lease_lost');
  return turn;
}

function renew(lane: Lane, { turnId, epoch }: Run): boolean {
  const turn = lane.holderAt(turnId, epoch);
  if (turn === undefined) return false;
  lane.renewLease(turn);
  return true;
}

function whyStopped(parts: SessionParts, { turnId }: Run): 'cancelled' | 'lease_lost' {
  // What is not there any more was deleted.
  if (parts.session.live() === undefined) return 'cancelled';
  return parts.live.find(turnId)?.row.status === 'cancelled' ? 'cancelled' : 'lease_lost';
}

/**
 * Commits one step of a run to the journal, and says what a refusal means for the run.
 *
 * @module
 */

import type { JournalReceipt, JournalRefusal } from '../core/conversation/journal-entry.ts';
import { Fault } from '../core/errors/fault.ts';
import { err, ok, type Result } from '../core/primitives/result.ts';
import { failed, type RunEnd, type Step, stopped } from './run-end.ts';
import { presentAuthority, type TurnState } from './turn-state.ts';

/** `stale`: authority has changed, and the calls in the step must be checked again. */
export type CommitRefusal = RunEnd | { readonly kind: 'stale' };

/** The journal cannot be reached. The run gives up; another one goes on from the journal. */
export class JournalLost extends Fault {
  constructor(cause: unknown) {
    super('internal', 'Cannot reach the journal: the session must answer', { cause });
    this.name = 'JournalLost';
  }
}

/** Milliseconds between attempts to reach a session that moved or started again. */
const REACH_AGAIN_MS = [50, 500];

/** Milliseconds in which a backlog of audit events may drain before the turn is given up. */
const DRAIN_MS = [200, 800, 2_000];

export async function commitStep(
  state: TurnState,
  step: Step,
): Promise<Result<JournalReceipt, CommitRefusal>> {
  for (const drainMs of [...DRAIN_MS, undefined]) {
    const committed = await reach(state, step);
    if (committed.ok) return ok(committed.value);
    if (committed.error !== 'audit_unavailable') return err(toRefusal(committed.error));
    if (drainMs === undefined || state.watch.signal.aborted) break;
    await state.ports.sleep(drainMs, state.watch.signal);
  }
  return err(failed('audit_unavailable'));
}

function toRefusal(refusal: JournalRefusal): CommitRefusal {
  return refusal === 'authority_stale' ? { kind: 'stale' } : stopped();
}

async function reach(
  state: TurnState,
  { entries, audit }: Step,
): Promise<Result<JournalReceipt, JournalRefusal>> {
  const { turn, ports } = state;
  const { revision } = presentAuthority(state);
  const batch = { turnId: turn.turnId, epoch: turn.epoch, revision, entries, audit };
  // The session knows a batch that it has seen before by its entries, but for text.
  const isRepeatable = entries.some(({ kind }) => kind !== 'text' && kind !== 'round-restarted');
  for (const againMs of isRepeatable ? REACH_AGAIN_MS : []) {
    try {
      return await ports.journal.commit(batch);
    } catch {
      await ports.sleep(againMs, state.watch.signal);
    }
  }
  try {
    return await ports.journal.commit(batch);
  } catch (thrown) {
    throw new JournalLost(thrown);
  }
}

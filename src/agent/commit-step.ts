/**
 * Commits one step of a run to the journal, and says what a refusal means for the run.
 *
 * @module
 */

import {
  isKnownAgain,
  type JournalReceipt,
  type JournalRefusal,
} from '../core/conversation/journal-entry.ts';
import { Fault } from '../core/errors/fault.ts';
import { err, ok, type Result } from '../core/primitives/result.ts';
import {
  type CommitRefusal,
  failed,
  joinSteps,
  NOTHING_TO_SAY,
  STOPPED,
  type Step,
} from './run-end.ts';
import { presentAuthority, type TurnState } from './turn-state.ts';

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

type Committed = Result<JournalReceipt, CommitRefusal>;

/** Commits a step, after and together with those that were to be committed soon. */
export async function commitStep(state: TurnState, step: Step): Promise<Committed> {
  const { deferred } = state;
  await deferred.flushing;
  if (deferred.lost !== undefined) throw deferred.lost;
  return deferred.refusal === undefined ? commitNow(state, step) : err(deferred.refusal);
}

/**
 * Commits a step with the next one, or by itself as soon as the run has to wait for something: see
 * {@link commitDeferred}. For what has happened already and lets nothing further happen: ends of calls
 * and rounds.
 */
export function commitSoon({ deferred }: TurnState, step: Step): void {
  deferred.step = joinSteps(deferred.step, step);
}

/** The run is about to wait: what was to be committed soon goes ahead alone. */
export function commitDeferred(state: TurnState): void {
  const { deferred } = state;
  if (deferred.step === NOTHING_TO_SAY || deferred.flushing !== undefined) return;
  deferred.flushing = flush(state);
}

/** What was to be committed soon and is not yet; it is the taker's from now on. */
export function takeDeferred({ deferred }: TurnState): Step {
  const { step } = deferred;
  deferred.step = NOTHING_TO_SAY;
  return step;
}

async function flush(state: TurnState): Promise<void> {
  const { deferred } = state;
  try {
    const committed = await commitNow(state, NOTHING_TO_SAY);
    if (!committed.ok) deferred.refusal = committed.error;
  } catch (thrown) {
    deferred.lost = thrown;
  } finally {
    deferred.flushing = undefined;
  }
}

async function commitNow(state: TurnState, step: Step): Promise<Committed> {
  const before = takeDeferred(state);
  const committed = await tryCommit(state, joinSteps(before, step));
  if (committed.ok) return committed;
  // The next commit begins with it again, and so do the last words.
  state.deferred.step = joinSteps(before, state.deferred.step);
  return committed;
}

async function tryCommit(state: TurnState, step: Step): Promise<Committed> {
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
  return refusal === 'authority_stale' ? { kind: 'stale' } : STOPPED;
}

async function reach(
  state: TurnState,
  { entries, audit, left, thenAsks }: Step,
): Promise<Result<JournalReceipt, JournalRefusal>> {
  const { turn, ports } = state;
  const { revision } = presentAuthority(state);
  const { turnId, epoch } = turn;
  const decided = { turnId, epoch, revision, entries, audit };
  const batch = { ...decided, ...(left && { left }), ...(thenAsks && { thenAsks }) };
  // The session knows a batch that it has seen before by its entries, but for texts.
  const isRepeatable = entries.some(isKnownAgain);
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

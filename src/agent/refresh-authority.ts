/**
 * Fetches the newest authority after the journal refused a step as stale, and has it looked for before a
 * model is asked again.
 *
 * @module
 */

import { faultCode } from '../core/errors/fault.ts';
import { commitStep, JournalLost } from './commit-step.ts';
import { failed, NOTHING_TO_SAY, type RunEnd } from './run-end.ts';
import type { TurnState } from './turn-state.ts';

/** A workspace whose authority changes more often than this while a step is taken is left alone. */
export const MAX_STALE = 5;

/** From now on calls must pass under it and under the turn's own. */
export async function refreshAuthority(state: TurnState): Promise<RunEnd | undefined> {
  try {
    const newest = await state.ports.journal.refreshAuthority();
    state.newest = newest.revision === state.turn.authority.revision ? undefined : newest;
    return undefined;
  } catch (thrown) {
    // Such as a principal whose every grant is gone.
    if (faultCode(thrown) === 'denied') return failed('denied');
    throw new JournalLost(thrown);
  }
}

/**
 * Asks the session whether the turn still stands, and goes by the newest authority. What waits to be
 * committed goes along: it would as soon as the model is waited for, so this costs no message of its own.
 */
export async function standBeforeAsking(state: TurnState): Promise<RunEnd | undefined> {
  for (let attempt = 0; attempt < MAX_STALE; attempt++) {
    const committed = await commitStep(state, { ...NOTHING_TO_SAY, thenAsks: true });
    if (committed.ok) return undefined;
    if (committed.error.kind !== 'stale') return committed.error;
    const lost = await refreshAuthority(state);
    if (lost !== undefined) return lost;
  }
  return failed('authority_stale');
}

/**
 * Fetches the newest authority after the journal refused a step as stale.
 *
 * @module
 */

import { faultCode } from '../core/errors/fault.ts';
import { JournalLost } from './commit-step.ts';
import { failed, type RunEnd } from './run-end.ts';
import type { TurnState } from './turn-state.ts';

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

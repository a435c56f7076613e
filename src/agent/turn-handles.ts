/**
 * The handles of a turn: made as its results are inspected, known again from its journal, and gone with
 * it.
 *
 * @module
 */

import type { JournaledCall } from '../core/conversation/journal-entry.ts';
import { canonicalJson } from '../core/primitives/canonical-json.ts';
import { toHandle } from '../core/provenance/handle.ts';
import type { TurnState } from './turn-state.ts';

/** From now on the model may pass them on. */
export function hearHandles(state: TurnState, call: JournaledCall | undefined): void {
  if (call?.kind !== 'finished' || call.end.kind !== 'result') return;
  const { handles } = call.end.result;
  if (handles !== undefined) state.handles = { ...state.handles, ...handles };
}

/**
 * Names the handles of one call's result: always the same, so that a result which is inspected again
 * after a crash has them again. Nothing if no model will read the result.
 */
export function handleMaker(
  { turn, ports }: Pick<TurnState, 'turn' | 'ports'>,
  callKey: string,
): { toHandle?: (place: number) => string } {
  if (turn.driver.kind === 'program') return {};
  return {
    toHandle: (place) => {
      const name = canonicalJson([turn.sessionId, callKey, place]);
      // No arguments have this text, since JSON begins otherwise.
      return toHandle(ports.argumentsHmac(`handle ${name}`));
    },
  };
}

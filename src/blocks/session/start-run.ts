/**
 * Where a turn is run: inside its session's object, or by the gateway's `TurnRunner`.
 *
 * A model that is part of the gateway answers at once, so that what a run and its session say to each
 * other would be most of what its turn costs. Inside the object that is a call, no message. Turns that
 * wait for others run outside, where they share neither memory nor the time on the processor with
 * whoever asks the session meanwhile.
 *
 * Either way nothing leaves before what it rests on is on disk: outside, the commit is answered only
 * then; inside, the platform holds back whatever the object sends until its writes are confirmed.
 *
 * @module
 */

import type { Turn } from '../../core/conversation/turn.ts';
import { Fault } from '../../core/errors/fault.ts';
import { isFreeOfCost } from './choose-driver.ts';
import { handOver, type RunInside, type RunRef, type RunSession } from './turn-client.ts';

/** The entrypoint of the gateway that runs turns; see `gateway/turn-runner.ts`. */
interface TurnRunnerExports {
  readonly TurnRunner?: { run(ref: RunRef): Promise<void> };
}

export interface RunPlaces {
  /** Absent where the Worker has no loop to run inside. */
  readonly inside: RunInside | undefined;
  readonly session: RunSession;
  readonly exports: unknown;
}

export interface StartedRun {
  /** It lives and dies with the memory of the session's object. */
  readonly isInside: boolean;
  /** Settles when the run is over, however it ended. */
  readonly over: Promise<void>;
}

export function startRun(places: RunPlaces, turn: Turn): StartedRun {
  const { inside, session } = places;
  if (inside !== undefined && isFreeOfCost(turn.driver)) {
    return { isInside: true, over: inside(turn, session) };
  }
  return { isInside: false, over: runOutside(places, turn) };
}

async function runOutside({ exports }: RunPlaces, turn: Turn): Promise<void> {
  const { TurnRunner } = exports as TurnRunnerExports;
  if (TurnRunner === undefined) throw new Fault('internal', 'Cannot run turns: no TurnRunner');
  await TurnRunner.run(handOver(turn));
}

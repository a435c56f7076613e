/**
 * Looks after what turns leave behind in the workspace: the `sweep` timer.
 *
 * A turn is opened before its session has written it. If the session is lost in between, nobody knows of
 * the turn any more, and nobody would ever settle it. So a turn is *provisional* until its session has
 * said that it will. Sessions are asked here, when most turns are settled long since: on the way of a turn
 * this costs nothing. Of a session that cannot be asked nothing is given back; it is asked again.
 *
 * @module
 */

import type { Settlement } from '../../core/policy/settle-slice.ts';
import { atMost, inParallel } from '../kit/in-parallel.ts';
import type { ProvisionalTurn } from './open-turn-store.ts';
import { releaseDrained } from './plugins.ts';
import { SWEEP_MS, settleTurn } from './turns.ts';
import { transact, type WorkspaceParts } from './workspace-parts.ts';

/** After a restart, and while there are more turns than one sweep asks about, the next comes so soon. */
const SOON_MS = 2_000;

/** How long a lost turn can still be settled. */
const FORGET_AFTER_MS = 7 * 86_400_000;

/** Most turns that one sweep asks about. */
const MAX_ASKED = 256;

/** Sessions asked at the same time. */
const PARALLEL = 16;

/** Longest that one sweep waits for them, in milliseconds: the other timers wait behind it. */
const WAIT_MS = 5_000;

const NOTHING: Settlement = { tokens: 0, costMicroUsd: 0, toolCalls: {} };

export async function sweepTurns(parts: WorkspaceParts): Promise<void> {
  const { isAll } = await confirmTurns(parts);
  const now = parts.now();
  transact(parts, () => {
    parts.turns.sweep(now, now - FORGET_AFTER_MS);
    parts.reserves.sweep(now);
    parts.answers.sweep(now);
    releaseDrained(parts);
    const isIdle = parts.turns.isEmpty() && parts.answers.isEmpty();
    if (!isIdle) parts.timers.set('sweep', now + (isAll ? SWEEP_MS : SOON_MS));
  });
}

/** For the block's constructor: sessions may have been lost together with this object. */
export function sweepAfterRestart({ now, timers, turns }: WorkspaceParts): void {
  if (turns.provisional(1).length > 0) timers.setLatest('sweep', now() + SOON_MS);
}

/** Not all of it if there may be more, and this was of use. */
async function confirmTurns(parts: WorkspaceParts): Promise<{ readonly isAll: boolean }> {
  const asked = parts.turns.provisional(MAX_ASKED);
  const { known, unknown } = await askSessions(parts, asked);
  const answered = known.length + unknown.length;
  if (answered > 0) {
    transact(parts, () => {
      parts.turns.confirm(known);
      for (const turnId of unknown) settleTurn(parts, turnId, NOTHING);
    });
  }
  if (answered < asked.length) {
    console.error(`sessions did not say whether they know ${asked.length - answered} turns`);
  }
  return { isAll: asked.length < MAX_ASKED || answered === 0 };
}

interface Answers {
  /** Ids of turns that will be settled. */
  readonly known: string[];
  /** Ids of turns that never will. */
  readonly unknown: string[];
}

/** As far as there is an answer within {@link WAIT_MS}. */
async function askSessions(
  parts: WorkspaceParts,
  asked: readonly ProvisionalTurn[],
): Promise<Answers> {
  const answers: Answers = { known: [], unknown: [] };
  const waiting = [...asked];
  const ask = async (turn: ProvisionalTurn): Promise<void> => {
    const isKnown = await parts.willSettle(turn).catch(() => undefined);
    if (isKnown !== undefined) answers[isKnown ? 'known' : 'unknown'].push(turn.turnId);
  };
  await atMost(WAIT_MS, inParallel(waiting, { parallel: PARALLEL, perform: ask }));
  waiting.length = 0;
  return answers;
}

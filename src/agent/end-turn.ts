/**
 * The last words of a run: the turn's end, or why this run goes no further.
 *
 * @module
 */

import type { AssistantMessage } from '../core/conversation/message.ts';
import type { Cut } from '../core/conversation/turn-event.ts';
import type { Usage } from '../core/conversation/usage.ts';
import { commitStep, takeDeferred } from './commit-step.ts';
import {
  failed,
  joinSteps,
  NOTHING_TO_SAY,
  type RunEnd,
  type Step,
  withUnsaid,
} from './run-end.ts';
import type { RoundAnswers } from './run-round.ts';
import { recordOf } from './turn-records.ts';
import { presentAuthority, type TurnState } from './turn-state.ts';

/** Commits a reply without calls, and with it the turn's end. */
export async function finishTurn(
  state: TurnState,
  reply: {
    readonly round: number;
    readonly message: AssistantMessage;
    readonly usage: Usage;
    readonly opening: Step;
    readonly cut?: Cut | undefined;
  },
): Promise<RunEnd | undefined> {
  const { round, message, usage, opening, cut } = reply;
  const end = toTurnFinished(state, message.content, cut);
  const finished = { kind: 'round-finished', round, usage } as const;
  const committed = await commitStep(state, {
    entries: [...opening.entries, finished, ...end.entries],
    audit: [...opening.audit, ...end.audit],
  });
  if (committed.ok) return undefined;
  const { error } = committed;
  return withUnsaid(error.kind === 'stale' ? failed('internal') : error, opening);
}

/** A model's round ends with nothing more than its calls, or with the turn if the client has some. */
export function closeModelRound(
  state: TurnState,
  { content }: AssistantMessage,
): (answers: RoundAnswers) => Step {
  return (answers) => (isHandedOver(answers) ? toTurnFinished(state, content) : NOTHING_TO_SAY);
}

export function isHandedOver(answers: RoundAnswers): boolean {
  return Object.values(answers).some(({ kind }) => kind === 'handed-over');
}

/** A program's turn ends with its one call; what came of it is in the journal. */
export function closeProgram(state: TurnState): (answers: RoundAnswers) => Step {
  return ({ 0: call }) => {
    const isResult = call?.kind === 'finished' && call.end.kind === 'result';
    return toTurnFinished(state, isResult ? call.end.result.content : '');
  };
}

function toTurnFinished(state: TurnState, output: string, cut?: Cut): Step {
  const { usage } = state;
  const facts = {
    ...(cut !== undefined && { isCut: true as const }),
    ...(cut === 'filter' && { isFiltered: true as const }),
  };
  return {
    entries: [{ kind: 'turn-finished', output, usage, ...facts }],
    audit: [
      recordOf(state, {
        action: 'turn-finished',
        decision: 'observed',
        usage,
        ...modelOf(state),
      }),
    ],
  };
}

export async function sayEnd(state: TurnState, end: RunEnd): Promise<void> {
  if (end.kind === 'stopped') return sayLastWords(state, end.unsaid);
  if (end.kind === 'waiting') return letGo(state, end);
  const { usage } = state;
  const { code, unsaid, retryAfterMs } = end;
  const wait = retryAfterMs === undefined ? {} : { retryAfterMs };
  const committed = await commitStep(state, {
    entries: [...unsaid.entries, { kind: 'turn-failed', code, usage, ...wait }],
    audit: [
      ...unsaid.audit,
      recordOf(state, {
        action: 'turn-failed',
        decision: 'observed',
        reason: code,
        usage,
        ...modelOf(state),
      }),
    ],
  });
  if (!committed.ok) await sayLastWords(state, unsaid);
}

/** The session gives the turn to another run as soon as somebody has decided. */
async function letGo(
  state: TurnState,
  { round, unsaid }: Extract<RunEnd, { kind: 'waiting' }>,
): Promise<void> {
  const entries = [...unsaid.entries, { kind: 'turn-waiting', round } as const];
  const committed = await commitStep(state, { entries, audit: unsaid.audit });
  if (!committed.ok) await sayLastWords(state, unsaid);
}

/** For a turn that was ended from outside: what it has cost, and what became of its calls. */
async function sayLastWords(state: TurnState, end: Step): Promise<void> {
  // What is on its way may be refused, and is then to be said here.
  await state.deferred.flushing;
  const unsaid = joinSteps(takeDeferred(state), end);
  if (unsaid.entries.length === 0 && unsaid.audit.length === 0) return;
  const { turn, usage } = state;
  const ends = unsaid.entries.filter(({ kind }) => kind === 'call-finished');
  try {
    await state.ports.journal.commit({
      turnId: turn.turnId,
      epoch: turn.epoch,
      revision: presentAuthority(state).revision,
      entries: [...ends, { kind: 'turn-failed', code: 'cancelled', usage }],
      audit: unsaid.audit,
    });
  } catch {
    // Nobody waits for them: whoever ended the turn has said so already.
  }
}

function modelOf({ turn }: TurnState): { readonly model?: string } {
  return turn.driver.kind === 'model' ? { model: turn.driver.model } : {};
}

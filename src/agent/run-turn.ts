/**
 * One turn, from admission to its end: rounds of asking the model and running what it proposes,
 * until a reply proposes nothing more.
 *
 * Everything that happens is journaled first, one commit a step, so that another run can go on from
 * the journal wherever this one dies:
 *
 * | commit | holds |
 * |---|---|
 * | text | a piece of a reply that is still being written |
 * | first of a round | the reply, each denial, each start; the ends of a resumed round |
 * | further | ends of calls; with the last one, the round's end |
 * | where humans are asked | ends of calls, and that the turn waits: then this run is over |
 * | last of a turn | the reply, the round's end, the turn's end |
 *
 * @module
 */

import type { AssistantMessage } from '../core/conversation/message.ts';
import type { WrittenToolCall } from '../core/conversation/tool-call.ts';
import type { Turn } from '../core/conversation/turn.ts';
import type { Cut } from '../core/conversation/turn-event.ts';
import { NO_USAGE, type Usage } from '../core/conversation/usage.ts';
import { faultCode } from '../core/errors/fault.ts';
import { PRINCIPAL_LABEL } from '../core/policy/labels.ts';
import { askModel } from './ask-model.ts';
import { commitStep, JournalLost } from './commit-step.ts';
import { closeModelRound, closeProgram, finishTurn, isHandedOver, sayEnd } from './end-turn.ts';
import type { TurnPorts } from './ports.ts';
import { recallRound, resumeCalls } from './resume-round.ts';
import { failed, NOTHING_TO_SAY, type RunEnd, type Step } from './run-end.ts';
import { runRound } from './run-round.ts';
import { createTurnState, presentAuthority, type TurnState } from './turn-state.ts';
import { watchTurn } from './watch-turn.ts';

/**
 * Runs a turn, or what an interrupted run has left of it. Resolves when the turn has ended, or when
 * this run must leave it to another one.
 *
 * @throws Fault if the journal cannot be reached: then another run goes on from there.
 */
export async function runTurn(turn: Turn, ports: TurnPorts): Promise<void> {
  const watch = watchTurn(turn, ports);
  try {
    const state = createTurnState(turn, ports, watch);
    const end = await runToEnd(state);
    if (end !== 'finished') await sayEnd(state, end);
  } finally {
    watch.close();
  }
}

type Outcome = 'finished' | RunEnd;

/** A mistake of ours ends the turn: another run would only make it again. */
async function runToEnd(state: TurnState): Promise<Outcome> {
  try {
    return (await resumeRounds(state)) ?? (await runRounds(state));
  } catch (thrown) {
    if (thrown instanceof JournalLost) throw thrown;
    state.ports.onMistake?.(thrown);
    return failed(faultCode(thrown) ?? 'internal');
  }
}

/** Goes through what is journaled. Nothing when there is more to do. */
async function resumeRounds(state: TurnState): Promise<Outcome | undefined> {
  const { journaled, tornRound } = state.turn;
  if (tornRound !== undefined) {
    const entries = [{ kind: 'round-restarted', round: tornRound }] as const;
    const committed = await commitStep(state, { entries, audit: [] });
    if (!committed.ok && committed.error.kind !== 'stale') return committed.error;
  }
  for (const round of journaled) {
    if (round.finished) {
      recallRound(state, round);
      continue;
    }
    const callsBefore = state.history.length;
    const { known, asked, found } = await resumeCalls(state, round);
    const outcome = await takeRound(state, { ...round, opening: found, known, asked, callsBefore });
    if (outcome !== undefined) return outcome;
  }
  const isProgramOver = state.turn.driver.kind === 'program' && journaled.length > 0;
  return isProgramOver ? failed('internal') : undefined;
}

async function runRounds(state: TurnState): Promise<Outcome> {
  const { driver, journaled } = state.turn;
  if (driver.kind === 'program') {
    const round = { round: 0, ...toProgramReply(driver.call) };
    return (await takeRound(state, openRound(state, round))) ?? failed('internal');
  }
  const { maxRounds } = presentAuthority(state).policy.limits;
  for (let round = (journaled.at(-1)?.round ?? -1) + 1; ; round++) {
    const kind = round < maxRounds ? 'ordinary' : 'final';
    const reply = await askModel(state, { model: driver.model, round, kind });
    if (!reply.ok) return reply.error;
    const outcome = await takeRound(state, openRound(state, { round, ...reply.value }));
    if (outcome !== undefined) return outcome;
  }
}

/** A reply and what remains to be done about it. */
interface OpenRound {
  readonly round: number;
  readonly message: AssistantMessage;
  readonly usage: Usage;
  /** Absent for a reply of an earlier run. */
  readonly cut?: Cut | undefined;
  readonly opening: Step;
  readonly known: Parameters<typeof runRound>[1]['known'];
  readonly asked: Parameters<typeof runRound>[1]['asked'];
  readonly callsBefore: number;
}

function openRound(
  state: TurnState,
  reply: Pick<OpenRound, 'round' | 'message' | 'usage' | 'cut'> & {
    readonly unsentText: string;
    readonly audit: Step['audit'];
  },
): OpenRound {
  const { round, message, unsentText, usage, audit, cut } = reply;
  const entry = { kind: 'reply', round, message, unsentText, usage } as const;
  const opening = { entries: [entry], audit };
  const callsBefore = state.history.length;
  return { round, message, usage, cut, opening, known: {}, asked: {}, callsBefore };
}

/** Nothing when the conversation goes on. */
async function takeRound(state: TurnState, round: OpenRound): Promise<Outcome | undefined> {
  const { message } = round;
  if (state.turn.driver.kind === 'program') {
    const ran = await runRound(state, { ...round, closing: closeProgram(state) });
    return ran.ok ? 'finished' : ran.error;
  }
  if (message.toolCalls.length === 0) return (await finishTurn(state, round)) ?? 'finished';
  const ran = await runRound(state, { ...round, closing: closeModelRound(state, message) });
  if (!ran.ok) return ran.error;
  return isHandedOver(ran.value) ? 'finished' : undefined;
}

/** A program's turn begins where a model's reply would be: with the one call that it asks for. */
function toProgramReply(call: WrittenToolCall) {
  const message: AssistantMessage = {
    role: 'assistant',
    content: '',
    toolCalls: [call],
    label: PRINCIPAL_LABEL,
  };
  return { message, unsentText: '', usage: NO_USAGE, audit: NOTHING_TO_SAY.audit };
}

/**
 * One round after its reply: decide its calls, journal, dispatch, inspect, answer.
 *
 * The first commit holds the reply, all denials and all starts; nothing is dispatched without its
 * receipt. A round that starts nothing is closed by that same commit.
 *
 * @module
 */

import { answerCall } from '../core/conversation/answer-call.ts';
import type { JournaledCall, JournalReceipt } from '../core/conversation/journal-entry.ts';
import type { AssistantMessage } from '../core/conversation/message.ts';
import type { Usage } from '../core/conversation/usage.ts';
import { err, ok, type Result } from '../core/primitives/result.ts';
import { commitStep } from './commit-step.ts';
import { type Decisions, decideCalls } from './decide-calls.ts';
import { noteResult } from './loop-history.ts';
import { MAX_STALE, refreshAuthority } from './refresh-authority.ts';
import { runCalls } from './run-calls.ts';
import { failed, NOTHING_TO_SAY, type RunEnd, type Step, withUnsaid } from './run-end.ts';
import { hearHandles } from './turn-handles.ts';
import { hearMessage, type TurnState } from './turn-state.ts';

export interface Round {
  readonly round: number;
  readonly message: AssistantMessage;
  readonly usage: Usage;
  /** What the first commit begins with: the reply, or what an earlier run left open. */
  readonly opening: Step;
  /** Calls that are over already, by index. */
  readonly known: Readonly<Record<number, JournaledCall>>;
  /** Calls that were approved in earlier rounds. */
  readonly callsBefore: number;
  /** Hashes of the approvals that an earlier run has asked for, by index. */
  readonly asked: Readonly<Record<number, string>>;
  /** What goes into the round's last commit, after its ends. */
  closing(calls: RoundAnswers): Step;
}

/** How each call of the round ended, by index. */
export type RoundAnswers = Readonly<Record<number, JournaledCall>>;

/** How its calls ended, or why the run goes no further. */
export async function runRound(
  state: TurnState,
  round: Round,
): Promise<Result<RoundAnswers, RunEnd>> {
  const begun = await beginRound(state, round);
  if (!begun.ok) return begun;
  const { decisions, receipt } = begun.value;
  const firstTrace = state.history.length;
  state.slice = receipt.slice ?? decisions.slice;
  state.history.push(...decisions.history.slice(firstTrace));

  const isWaiting = decisions.waiting.length > 0;
  const answers = { ...round.known, ...answersOf(decisions) };
  const { stop } = await runCalls(state, {
    round: round.round,
    approved: decisions.approved,
    receipt,
    closing(ended) {
      for (const { started, end } of ended) answers[started.index] = { kind: 'finished', end };
      return isWaiting ? NOTHING_TO_SAY : closeRound(round, answers);
    },
  });
  if (stop !== undefined) return err(stop);
  if (isWaiting) return err({ kind: 'waiting', round: round.round, unsaid: NOTHING_TO_SAY });

  // A program has no further round that could look back.
  if (state.turn.driver.kind === 'program') return ok(answers);
  hearRound(state, round.message, answers);
  for (const [place, { index }] of decisions.approved.entries()) {
    const written = round.message.toolCalls[index];
    noteResult(state, firstTrace + place, { written, call: answers[index] });
  }
  return ok(answers);
}

/** Of those calls that are over as soon as they are decided. */
function answersOf({ denied, handedOver }: Decisions): Record<number, JournaledCall> {
  const answers: Record<number, JournaledCall> = {};
  for (const { index, denial } of denied) answers[index] = { kind: 'denied', denial };
  for (const { index } of handedOver) answers[index] = { kind: 'handed-over' };
  return answers;
}

interface Begun {
  readonly decisions: Decisions;
  readonly receipt: JournalReceipt;
}

async function beginRound(state: TurnState, round: Round): Promise<Result<Begun, RunEnd>> {
  const indexes = [...round.message.toolCalls.keys()].filter((index) => !(index in round.known));
  for (let attempt = 0; attempt < MAX_STALE; attempt++) {
    const secrets = await state.ports.known?.('recent');
    const decisions = decideCalls(state, { ...round, indexes, secrets });
    const committed = await commitStep(state, toFirstStep(round, decisions));
    if (committed.ok) return ok({ decisions, receipt: committed.value });
    const { error } = committed;
    if (error.kind === 'stopped') return err(withUnsaid(error, withoutReply(round.opening)));
    if (error.kind === 'failed') return err(withUnsaid(error, round.opening));
    const lost = await refreshAuthority(state);
    if (lost !== undefined) return err(withUnsaid(lost, round.opening));
  }
  return err(failed('authority_stale', round.opening));
}

function toFirstStep(round: Round, decisions: Decisions): Step {
  const { opening } = round;
  const isOver = decisions.approved.length === 0 && decisions.waiting.length === 0;
  const closing = isOver
    ? closeRound(round, { ...round.known, ...answersOf(decisions) })
    : undefined;
  const { slice: left } = decisions;
  return {
    entries: [...opening.entries, ...decisions.entries, ...(closing?.entries ?? [])],
    audit: [...opening.audit, ...decisions.audit, ...(closing?.audit ?? [])],
    ...(left.shortOf && { left }),
  };
}

function closeRound(round: Round, answers: RoundAnswers): Step {
  const { entries, audit } = round.closing(answers);
  const finished = { kind: 'round-finished', round: round.round, usage: round.usage } as const;
  return { entries: [finished, ...entries], audit };
}

/** A run that was stopped is heard about what it did, not about what it wanted to do. */
function withoutReply({ entries, audit }: Step): Step {
  return { entries: entries.filter(({ kind }) => kind === 'call-finished'), audit };
}

/** The reply and an answer to every call, in the order that vendors demand. */
export function hearRound(
  state: TurnState,
  message: AssistantMessage,
  answers: RoundAnswers,
): void {
  hearMessage(state, message);
  for (const [index, written] of message.toolCalls.entries()) {
    hearMessage(state, answerCall(written, answers[index]));
    hearHandles(state, answers[index]);
  }
}

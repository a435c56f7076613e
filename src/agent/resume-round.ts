/**
 * Takes up the rounds that an earlier run of the turn has journaled.
 *
 * What is finished is reused. What was started and not finished is asked of its tier by its key; if
 * the tier cannot tell, it runs again only if that is harmless (`repeatable`, and it never went
 * outward), else its outcome is unknown. What was not started is decided anew.
 *
 * @module
 */

import type { AuditEvent } from '../core/audit/audit-event.ts';
import type {
  CallEnd,
  JournalEntry,
  JournaledCall,
  JournaledRound,
} from '../core/conversation/journal-entry.ts';
import type { AssistantMessage } from '../core/conversation/message.ts';
import type { WrittenToolCall } from '../core/conversation/tool-call.ts';
import { findTool } from '../core/policy/authority-index.ts';
import { recallCall } from './loop-history.ts';
import { recallOutcome, toCallEnd, UNKNOWN } from './run-call.ts';
import type { Step } from './run-end.ts';
import { hearRound, type RoundAnswers } from './run-round.ts';
import { recordEnd } from './turn-records.ts';
import { spendUsage, type TurnState } from './turn-state.ts';

type StartedBefore = Extract<JournaledCall, { kind: 'started' }>;

/** Puts a finished round back into the state: its cost, its calls, its messages. */
export function recallRound(state: TurnState, { message, usage, calls }: JournaledRound): void {
  spendUsage(state, usage);
  recallCalls(state, message, calls);
  hearRound(state, message, calls);
}

export interface ResumedCalls {
  /** What is over, by index; every other call is to be decided. */
  readonly known: RoundAnswers;
  /** Of those others the ones that wait for a human: hashes of their approvals. */
  readonly asked: Readonly<Record<number, string>>;
  /** What this run found out about calls of the earlier one. */
  readonly found: Step;
}

/** Settles the calls of the round in which the earlier run broke off, as far as they can be. */
export async function resumeCalls(
  state: TurnState,
  journaled: JournaledRound,
): Promise<ResumedCalls> {
  const { round, message, calls, usage } = journaled;
  spendUsage(state, usage);
  const known: Record<number, JournaledCall> = {};
  const asked: Record<number, string> = {};
  const entries: JournalEntry[] = [];
  const audit: AuditEvent[] = [];
  const settled = await Promise.all(
    message.toolCalls.map((written, index) => settleCall(state, written, calls[index])),
  );
  for (const [index, call] of settled.entries()) {
    const before = calls[index];
    if (before?.kind === 'asked') asked[index] = before.hash;
    if (call === undefined) continue;
    known[index] = call;
    if (before?.kind !== 'started' || call.kind !== 'finished') continue;
    const { end } = call;
    entries.push({ kind: 'call-finished', round, index, tool: before.claims.tool, end });
    audit.push(recordEnd(state, before.claims, end));
  }
  recallCalls(state, message, known);
  return { known, asked, found: { entries, audit } };
}

/** The call as it stands now; nothing if it is to be decided and run. */
async function settleCall(
  state: TurnState,
  written: WrittenToolCall,
  call: JournaledCall | undefined,
): Promise<JournaledCall | undefined> {
  if (call?.kind === 'asked') return undefined;
  if (call?.kind !== 'started') return call;
  const end = await findEnd(state, written, call);
  const { argumentHash } = call.claims;
  return end === undefined ? undefined : { kind: 'finished', end, argumentHash };
}

async function findEnd(
  state: TurnState,
  written: WrittenToolCall,
  call: StartedBefore,
): Promise<CallEnd | undefined> {
  const outcome = await recallOutcome(state, call.claims);
  const found = findTool(state.turn.authority, call.claims.tool);
  if (outcome !== undefined && found !== undefined) {
    return toCallEnd(state, { claims: call.claims, tool: found.tool, written }, outcome);
  }
  // Gone with its plugin, or nobody knows: the journal says that it was started, no more.
  const mayRunAgain = call.repeatable && !call.wentOutward && found !== undefined;
  return mayRunAgain ? undefined : { kind: 'denied', denial: UNKNOWN };
}

function recallCalls(state: TurnState, { toolCalls }: AssistantMessage, calls: RoundAnswers): void {
  for (const [index, written] of toolCalls.entries()) {
    const call = calls[index];
    if (call?.kind === 'finished') recallCall(state, written, call);
  }
}

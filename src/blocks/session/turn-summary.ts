/**
 * The JSON answer of a turn, read out of its journal.
 *
 * @module
 */

import { deny } from '../../core/errors/denial.ts';
import { HIGHEST_LABEL, type Label } from '../../core/policy/labels.ts';
import type { CallProgress } from './call-progress.ts';
import type { LiveTurn } from './live-turns.ts';
import type { CallSummary, ProgramOutcome, TurnSummary } from './session-api.ts';
import type { TurnProgress } from './turn-progress.ts';
import { hasEnded } from './turn-store.ts';

/** The turn ended while it waited. */
const NEVER_APPROVED = deny('sanitise', 'approval_required');

export function toSummary({ row, progress }: LiveTurn): TurnSummary {
  const { end } = progress;
  return {
    turnId: row.facts.id,
    status: row.status,
    output: toOutput(progress),
    usage: end?.usage ?? progress.usage(),
    toolCalls: toCallSummaries(progress, hasEnded(row)),
    label: labelOf(progress),
    ...(end?.kind === 'turn-failed' && toFailure(end)),
  };
}

function toFailure({
  code,
  retryAfterMs,
}: Extract<TurnProgress['end'], { kind: 'turn-failed' }>): Pick<
  TurnSummary,
  'code' | 'retryAfterMs'
> {
  return { code, ...(retryAfterMs !== undefined && { retryAfterMs }) };
}

/** A reply bears the label of all that its model had seen. Before there is one, nothing is known. */
function labelOf({ rounds }: TurnProgress): Label {
  return [...rounds.values()].at(-1)?.message.label ?? HIGHEST_LABEL;
}

/** What became of a program's only call; `undefined` while the turn is running. */
export function toProgramOutcome({ row, progress }: LiveTurn): ProgramOutcome | undefined {
  const call = progress.rounds.get(0)?.calls.get(0);
  if (row.status === 'waiting' && call?.asked !== undefined) {
    const { id: approvalId, expiresAt } = call.asked;
    return { kind: 'waiting', approvalId, expiresAt };
  }
  if (!hasEnded(row)) return undefined;
  if (call?.end !== undefined) return call.end;
  if (call?.denied !== undefined) return { kind: 'denied', denial: call.denied };
  const { end } = progress;
  return { kind: 'failed', code: end?.kind === 'turn-failed' ? end.code : 'internal' };
}

/** What the run said at the end, or else everything that was said so far and is not void. */
function toOutput({ end, rounds, openTexts }: TurnProgress): string {
  if (end?.kind === 'turn-finished') return end.output;
  const replied = [...rounds.values()].map(({ message }) => message.content);
  return [...replied, ...openTexts.values()].join('');
}

function toCallSummaries({ rounds }: TurnProgress, ended: boolean): CallSummary[] {
  return [...rounds].flatMap(([round, { calls }]) =>
    [...calls]
      .sort(([a], [b]) => a - b)
      .map(([index, call]) => ({ round, index, tool: call.tool, ...toCallStatus(call, ended) })),
  );
}

function toCallStatus(
  { asked, denied, handedOver, started, end }: CallProgress,
  ended: boolean,
): Pick<CallSummary, 'status' | 'check' | 'reason' | 'approvalId'> {
  if (end?.kind === 'result') return { status: 'finished' };
  if (handedOver) return { status: 'handed-over' };
  const isOpen = asked !== undefined && started === undefined && denied === undefined;
  if (isOpen && !ended) return { status: 'waiting', approvalId: asked.id };
  const denial = end?.denial ?? denied ?? (isOpen ? NEVER_APPROVED : undefined);
  if (denial === undefined) return { status: ended ? 'unknown' : 'approved' };
  const { check, reason } = denial;
  return { status: reason === 'unknown' ? 'unknown' : 'denied', check, reason };
}

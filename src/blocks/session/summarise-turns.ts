/**
 * Has a model summarise the turns that do not fit into the active window any more, where the policy names
 * one.
 *
 * Nobody waits for it, neither a reply nor the alarm: the model is asked beside them, and until it has
 * answered the conversation is shown as it is. One summary is asked for at a time. An attempt that came
 * to nothing is made again with growing delays, a few times; then the gateway shortens by rule.
 *
 * @module
 */

import { afterFailure, LOST_AFTER_MS, MAX_ATTEMPTS } from '../../core/memory/summary-attempts.ts';
import type { SummaryAnswer, SummaryOrder } from '../../core/memory/summary-order.ts';
import {
  labelOf,
  linesOf,
  linesOfEarlier,
  type SummaryLine,
} from '../../core/memory/summary-prompt.ts';
import { joinLabels, type Label, LOWEST_LABEL } from '../../core/policy/labels.ts';
import { addSpend, leftOf, NO_SPEND, type Spend } from '../../core/policy/ledger.ts';
import { summaryModelOf } from '../../core/policy/memory-policy.ts';
import { windowWithin } from '../../core/policy/window-policy.ts';
import { liveSession, type SessionParts } from './session-parts.ts';
import type { SummaryJob } from './summary-job-store.ts';
import { transact } from './transact.ts';
import type { TurnFacts } from './turn-store.ts';
import { toSummary } from './turn-summary.ts';

/** Name of the timer. */
export const SHORTEN_TIMER = 'shorten';

/** Who is to write it, who pays, and how much at most: what the newest turn has left of its ceiling. */
export type SummaryWish = Pick<SummaryOrder, 'principal' | 'requestId' | 'model' | 'ceiling'>;

/**
 * What the policy of the newest turn's principal says now: the window, which memory may have lost since
 * that turn, and who is to summarise; nothing where no model is to be asked.
 */
export async function hearPolicy(parts: SessionParts): Promise<SummaryWish | undefined> {
  const { turns, authorities, session, window } = parts;
  const facts = turns.newest()?.facts;
  if (facts === undefined) return undefined;
  const { principal, requestId } = facts;
  const newest = await authorities.newest(principal, session.row()?.revision);
  if (newest === undefined) return undefined;
  const { memory, limits } = newest.policy;
  window.value = windowWithin(memory.window, limits);
  const model = summaryModelOf(memory, ownModel(facts));
  if (model === undefined) return undefined;
  const ceiling = leftOfTurn(parts, facts);
  return { principal, requestId, model, ...(ceiling && { ceiling }) };
}

/** Nothing where the turn has no ceiling of its own. */
function leftOfTurn({ live }: SessionParts, { id, ceiling }: TurnFacts): Spend | undefined {
  if (ceiling === undefined) return undefined;
  const turn = live.find(id);
  if (turn === undefined) return NO_SPEND;
  const { inputTokens, outputTokens, costMicroUsd } = toSummary(turn).usage;
  return leftOf({ tokens: inputTokens + outputTokens, costMicroUsd }, ceiling);
}

function ownModel({ driver }: TurnFacts): string | undefined {
  return driver.kind === 'model' ? driver.model : undefined;
}

/**
 * Begins an attempt, unless one is on its way or enough were made. Answers when to look again; nothing
 * where no model will be asked any more.
 */
export function askForSummary(
  parts: SessionParts,
  wish: SummaryWish,
  through: number,
): number | undefined {
  const { summaries, now } = parts;
  const before = summaries.read();
  const attempts = before?.attempts ?? 0;
  if (before !== undefined && now() < before.notBefore) return before.notBefore;
  const spent = before?.spent ?? NO_SPEND;
  const ceiling = wish.ceiling && leftOf(spent, wish.ceiling);
  if (attempts >= MAX_ATTEMPTS || ceiling?.tokens === 0) return undefined;
  const job = {
    ...{ through, attempts: attempts + 1, notBefore: now() + LOST_AFTER_MS },
    spent: addSpend(spent, ceiling ?? NO_SPEND),
  };
  const { lines, label } = toMaterial(parts, through);
  const sessionId = liveSession(parts).facts.id;
  transact(parts, () => summaries.write(job));
  const hear = (answer: SummaryAnswer) => hearAnswer(parts, job, { answer, label, spent });
  const asked = parts.summarise({
    ...{ ...wish, sessionId, of: 'conversation', lines },
    ...(ceiling && { ceiling }),
  });
  const unheard: SummaryAnswer = { kind: 'failed', retryAfterMs: 0, spent: ceiling ?? NO_SPEND };
  parts.defer(asked.then(hear, () => hear(unheard)));
  return job.notBefore;
}

interface Material {
  readonly lines: readonly SummaryLine[];
  /** Of all that is to be in it, whether the model is told all of it or not. */
  readonly label: Label;
}

function toMaterial({ shortened, messages }: SessionParts, through: number): Material {
  const before = shortened.read();
  const earlier = before === undefined ? [] : linesOfEarlier(before);
  const newer = [...messages.ofTurns((before?.through ?? 0) + 1, through)].flat();
  const label = joinLabels(before?.label ?? LOWEST_LABEL, labelOf(newer));
  return { lines: [...earlier, ...linesOf(newer)], label };
}

interface Heard {
  readonly answer: SummaryAnswer;
  readonly label: Label;
  /** Before this attempt. */
  readonly spent: Spend;
}

/** What comes too late, since another attempt has begun or the session is gone, is not heard. */
function hearAnswer(parts: SessionParts, job: SummaryJob, { answer, label, spent }: Heard): void {
  const { session, summaries, shortened, timers, window, now } = parts;
  const present = session.live() && summaries.read();
  if (present?.through !== job.through || present.attempts !== job.attempts) return;
  transact(parts, () => {
    if (answer.kind === 'failed') {
      const retry = {
        ...{ ...job, ...afterFailure(job.attempts, answer.retryAfterMs, now()) },
        spent: addSpend(spent, answer.spent ?? NO_SPEND),
      };
      summaries.write(retry);
      timers.set(SHORTEN_TIMER, retry.notBefore);
      return;
    }
    const { model } = answer;
    const text = answer.text.slice(0, window.value.shortened).toWellFormed();
    shortened.write({ through: job.through, text, label, model, at: now() });
    summaries.delete();
    timers.set(SHORTEN_TIMER, now());
  });
}

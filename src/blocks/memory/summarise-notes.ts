/**
 * Summarises the notes of owners behind everybody's back: by a model where their turns say so, else by
 * rule. The notes stay.
 *
 * Nobody waits for a model, the alarm neither. What it writes about is looked at again when it answers: a
 * note that was forgotten in the meantime is in no summary.
 *
 * @module
 */

import { NOTES_OF_SUMMARY, type Summary, summarise } from '../../core/memory/summarise.ts';
import { afterFailure, LOST_AFTER_MS, MAX_ATTEMPTS } from '../../core/memory/summary-attempts.ts';
import type { SummaryAnswer, SummaryOrder } from '../../core/memory/summary-order.ts';
import { labelOf, toLine } from '../../core/memory/summary-prompt.ts';
import type { Changes } from '../kit/changes.ts';
import { randomHex } from '../kit/keys.ts';
import type { Found, MemoryStore } from './memory-store.ts';
import type { SummaryWishStore, WishedSummary } from './summary-wish-store.ts';

const ID_BYTES = 12;

export interface NoteParts {
  readonly memories: MemoryStore;
  readonly wishes: SummaryWishStore;
  readonly changes: Changes;
  readonly hasRoom: (owner: string, characters: number) => boolean;
  /** Has a model write one; settles when it has, or has not. */
  readonly summarise: (order: SummaryOrder) => Promise<SummaryAnswer>;
  /** Lets a task go on after what began it. */
  readonly defer: (task: Promise<unknown>) => void;
  /** Part of a transaction: sees to it that {@link summariseNotes} is called by then. */
  readonly lookAgain: (at: number) => void;
}

/** The alarm. Once for each owner; where more is left to do it is called again. */
export function summariseNotes(parts: NoteParts): void {
  for (const owner of parts.memories.ownersToSummarise(NOTES_OF_SUMMARY)) {
    const attempt = parts.changes.make(() => summariseOwner(parts, owner, Date.now()));
    if (attempt !== undefined) ask(parts, owner, attempt);
  }
}

/** Part of a transaction. Answers what a model is to be asked for. */
function summariseOwner(parts: NoteParts, owner: string, now: number): Attempt | undefined {
  const { memories, wishes, lookAgain } = parts;
  const notes = memories.unsummarised(owner, NOTES_OF_SUMMARY);
  const wished = wishes.read(owner);
  if (wished !== undefined && now < wished.notBefore) {
    lookAgain(wished.notBefore);
    return undefined;
  }
  if (wished === undefined || wished.attempts >= MAX_ATTEMPTS) {
    keep(parts, owner, { notes, ...summarise(notes.map(({ memory }) => memory)) });
    wishes.note(owner, { attempts: 0, notBefore: 0 });
    lookAgain(now);
    return undefined;
  }
  const begun = { attempts: wished.attempts + 1, notBefore: now + LOST_AFTER_MS };
  wishes.note(owner, begun);
  lookAgain(begun.notBefore);
  return { notes, wished: { ...wished, ...begun } };
}

interface Attempt {
  readonly notes: readonly Found[];
  readonly wished: WishedSummary;
}

function ask(parts: NoteParts, owner: string, attempt: Attempt): void {
  const lines = attempt.notes.map(({ memory: { text, label } }) => toLine('note', text, label));
  const hear = (answer: SummaryAnswer) =>
    parts.changes.make(() => hearAnswer(parts, owner, { ...attempt, answer }));
  const asked = parts.summarise({ ...attempt.wished.wish, of: 'notes', lines });
  parts.defer(asked.then(hear, () => hear({ kind: 'failed', retryAfterMs: 0 })));
}

/** Part of a transaction. What comes too late, since another attempt has begun, is not heard. */
function hearAnswer(
  parts: NoteParts,
  owner: string,
  { notes, wished, answer }: Attempt & { readonly answer: SummaryAnswer },
): void {
  const { memories, wishes, lookAgain } = parts;
  const present = wishes.read(owner);
  if (present?.attempts !== wished.attempts || present.notBefore !== wished.notBefore) return;
  const now = Date.now();
  if (answer.kind === 'failed') {
    const retry = afterFailure(wished.attempts, answer.retryAfterMs, now);
    wishes.note(owner, retry);
    lookAgain(retry.notBefore);
    return;
  }
  const left = new Set(memories.unsummarised(owner, NOTES_OF_SUMMARY).map(({ seq }) => seq));
  const isStillSo = notes.every(({ seq }) => left.has(seq));
  const { text, model } = answer;
  const label = labelOf(notes.map(({ memory }) => memory));
  if (isStillSo) keep(parts, owner, { notes, text, label, model });
  wishes.note(owner, { attempts: isStillSo ? 0 : wished.attempts, notBefore: 0 });
  lookAgain(now);
}

interface Kept extends Summary {
  readonly notes: readonly Found[];
  readonly model?: string;
}

/** Part of a transaction. Where there is no room, the notes stand for themselves. */
function keep(
  { memories, hasRoom }: NoteParts,
  owner: string,
  { notes, text, label, model }: Kept,
): void {
  const last = notes.at(-1)?.memory;
  if (last === undefined) return;
  const id = hasRoom(owner, text.length) ? randomHex(ID_BYTES) : '';
  for (const { seq } of notes) memories.noteSummarised(seq, id);
  if (id === '') return;
  const { source } = last;
  const facts = { id, kind: 'summary', text, label, source, rememberedAt: Date.now() } as const;
  memories.insert(owner, { ...facts, ...(model !== undefined && { model }) });
}

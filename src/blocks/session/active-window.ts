/**
 * The part of a conversation that a model is shown, and how it is kept to its size.
 *
 * Turns are shortened by the alarm, after a turn has ended and while none is live, or by a model that the
 * alarm has asked: no reply waits for that, and until it is done the conversation is shown as it is. The
 * log keeps everything.
 *
 * @module
 */

import type { Message } from '../../core/conversation/message.ts';
import {
  NOTHING_SHORTENED,
  type Shortened,
  shortenTurns,
  toShortenedMessage,
} from '../../core/conversation/shorten-turns.ts';
import { lastToShorten, windowWithin } from '../../core/policy/window-policy.ts';
import type { LiveTurn } from './live-turns.ts';
import type { ShortenedView } from './session-api.ts';
import type { SessionParts } from './session-parts.ts';
import { askForSummary, hearPolicy, SHORTEN_TIMER } from './summarise-turns.ts';
import { transact } from './transact.ts';

/** How long after a turn its conversation is shortened, in milliseconds. */
const SHORTEN_AFTER_MS = 500;

/** What a run of the turn with that ordinal is shown of the conversation. */
export function activeHistory({ messages, shortened }: SessionParts, turn: number): Message[] {
  const made = shortened.read();
  if (made === undefined) return messages.history(turn);
  const [first, ...rest] = messages.history(turn, made.through);
  const summary = toShortenedMessage(made);
  if (first?.role === 'system') return [first, summary, ...rest];
  return [summary, ...(first === undefined ? [] : [first]), ...rest];
}

/** What stands for the turns that models are not shown any more. */
export function viewShortened({ shortened, messages }: SessionParts): ShortenedView | undefined {
  const made = shortened.read();
  if (made === undefined) return undefined;
  const { text, label, through, model, at } = made;
  return {
    ...{ text, label, turns: through, messages: messages.lastSeqOf(through) },
    ...(model !== undefined && { model }),
    ...(at !== undefined && { at }),
  };
}

/** Part of the transaction that ends a turn: sees to it that what is too long is shortened soon. */
export function watchWindow(parts: SessionParts, turn: LiveTurn): void {
  const policy = turn.first?.policy;
  if (policy !== undefined) parts.window.value = windowWithin(policy.memory.window, policy.limits);
  // A first turn has no history, and nothing is read for its sake.
  if (!parts.messages.isRead || findLast(parts) === undefined) return;
  parts.timers.set(SHORTEN_TIMER, parts.now() + SHORTEN_AFTER_MS);
}

/** The timer. Where a turn is live its end sets it anew. */
export async function shortenNow(parts: SessionParts): Promise<void> {
  if (!isFree(parts)) return;
  const wish = await hearPolicy(parts);
  const through = isFree(parts) ? findLast(parts) : undefined;
  if (through === undefined) return;
  const lookAgainAt = wish && askForSummary(parts, wish, through);
  if (lookAgainAt === undefined) shortenByRule(parts, through);
  else transact(parts, () => parts.timers.set(SHORTEN_TIMER, lookAgainAt));
}

function shortenByRule(parts: SessionParts, through: number): void {
  const { shortened, messages, summaries, window, now } = parts;
  const before = shortened.read();
  let made: Shortened = before ?? NOTHING_SHORTENED;
  for (const cut of messages.ofTurns((before?.through ?? 0) + 1, through)) {
    made = shortenTurns(made, cut, window.value.shortened);
  }
  const { text, label } = made;
  transact(parts, () => {
    shortened.write({ through, text, label, at: now() });
    summaries.delete();
  });
}

/** Not while a turn is live, or once the session is gone. */
function isFree({ live, session }: SessionParts): boolean {
  return session.live() !== undefined && live.holder() === undefined && live.countQueued() === 0;
}

function findLast({ messages, shortened, window }: SessionParts): number | undefined {
  return lastToShorten(messages.sizes(shortened.read()?.through ?? 0), window.value);
}

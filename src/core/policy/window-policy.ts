/**
 * How much of its conversation a model is shown: its active window. What is older stands in it as one
 * shortened message, and stays whole in the log.
 *
 * @module
 */

import * as z from 'zod';
import type { TurnLimits } from './turn-limits.ts';

export interface ActiveWindow {
  /** Most messages, and most characters of them as JSON, of turns before the present one. */
  readonly messages: number;
  readonly characters: number;
}

/** Bounds of {@link ActiveWindow}. What is longer is left out whether it was shortened or not. */
const WINDOW_BOUNDS = {
  minMessages: 4,
  maxMessages: 1_000,
  minCharacters: 1_024,
  maxCharacters: 1_048_576,
} as const;

export const DEFAULT_WINDOW: ActiveWindow = { messages: 800, characters: 786_432 };

export const activeWindowSchema = z.strictObject({
  messages: z
    .int()
    .min(WINDOW_BOUNDS.minMessages)
    .max(WINDOW_BOUNDS.maxMessages)
    .default(DEFAULT_WINDOW.messages),
  characters: z
    .int()
    .min(WINDOW_BOUNDS.minCharacters)
    .max(WINDOW_BOUNDS.maxCharacters)
    .default(DEFAULT_WINDOW.characters),
});

/** What a turn is shown of its conversation under a policy. */
export interface ShownWindow extends ActiveWindow {
  /** Most characters of what stands for older turns, if the gateway would let it have so many. */
  readonly shortened: number;
}

/** Most of a turn's tokens that what came before it may need, should each character be one. */
const ROOM_FOR_HISTORY = 0.5;
const ROOM_FOR_SHORTENED = 0.25;

/** Room for a line or two. */
const LEAST_SHORTENED = 512;

/**
 * The window of a policy, or as much of it as leaves a turn room to ask a few times: a request is sent
 * only if its worst case fits into the turn's tokens, so a longer conversation would end every turn.
 */
export function windowWithin(window: ActiveWindow, { maxTokens }: TurnLimits): ShownWindow {
  const most = Math.max(WINDOW_BOUNDS.minCharacters, Math.floor(maxTokens * ROOM_FOR_HISTORY));
  const shortened = Math.max(LEAST_SHORTENED, Math.floor(maxTokens * ROOM_FOR_SHORTENED));
  return { ...window, characters: Math.min(window.characters, most), shortened };
}

/** What a turn adds to a conversation. */
export interface TurnSize {
  /** Its ordinal. */
  readonly turn: number;
  readonly messages: number;
  readonly characters: number;
}

/** So much of the window is left filled, so that it is not shortened anew with each turn. */
const KEPT = 0.5;

/**
 * The last of the turns, oldest first, that are to be shortened; nothing while all of them fit. The
 * newest turn always stays.
 */
export function lastToShorten(
  turns: readonly TurnSize[],
  { messages, characters }: ActiveWindow,
): number | undefined {
  const all = turns.reduce((sum, one) => add(sum, one), NONE);
  if (all.messages <= messages && all.characters <= characters) return undefined;
  let kept = NONE;
  for (const [place, size] of [...turns.entries()].reverse()) {
    kept = add(kept, size);
    const isFull = kept.messages > messages * KEPT || kept.characters > characters * KEPT;
    if (isFull && place < turns.length - 1) return size.turn;
  }
  return undefined;
}

const NONE = { messages: 0, characters: 0 };

function add(a: typeof NONE, b: typeof NONE): typeof NONE {
  return { messages: a.messages + b.messages, characters: a.characters + b.characters };
}

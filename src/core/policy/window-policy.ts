/**
 * How much of its conversation a model is shown: its active window. What is older stands in it as one
 * shortened message, and stays whole in the log.
 *
 * @module
 */

import * as z from 'zod';

export interface ActiveWindow {
  /** Most messages, and most characters of them as JSON, of turns before the present one. */
  readonly messages: number;
  readonly characters: number;
}

/** Bounds of {@link ActiveWindow}. What is longer is left out whether it was shortened or not. */
export const WINDOW_BOUNDS = {
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

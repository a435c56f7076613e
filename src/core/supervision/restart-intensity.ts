/**
 * How often a supervisor starts children again before it gives up itself.
 *
 * @module
 */

export interface RestartIntensity {
  /** Most restarts within the period. Zero: the first one is too many. */
  readonly intensity: number;
  readonly periodMs: number;
}

export interface CountedRestart {
  /** Times of the restarts that still count, oldest first; at most `intensity` of them. */
  readonly times: readonly number[];
  readonly isExceeded: boolean;
}

/**
 * Counts a restart at `now`. The period slides: a restart counts until a whole period has passed.
 * A clock that was set back counts old restarts for longer, and never forgets one too soon.
 */
export function countRestart(
  times: readonly number[],
  { intensity, periodMs }: RestartIntensity,
  now: number,
): CountedRestart {
  const counting = [...times.filter((time) => now - time < periodMs), now];
  const isExceeded = counting.length > intensity;
  return { times: isExceeded ? counting.slice(1) : counting, isExceeded };
}

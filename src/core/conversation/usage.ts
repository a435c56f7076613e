/**
 * What a turn has cost so far. Money is integer micro-USD, so that sums are exact.
 *
 * @module
 */

/** A `type`, so that it is a `JsonObject`. */
export type Usage = {
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly costMicroUsd: number;
  /** Of the input, what the provider had in its cache; absent where that is nothing. */
  readonly cachedInputTokens?: number;
};

export const NO_USAGE: Usage = { inputTokens: 0, outputTokens: 0, costMicroUsd: 0 };

/** What has come to it since; not how much of that was cached, which nothing is charged by. */
export function usageSince(before: Usage, now: Usage): Usage {
  return {
    inputTokens: now.inputTokens - before.inputTokens,
    outputTokens: now.outputTokens - before.outputTokens,
    costMicroUsd: now.costMicroUsd - before.costMicroUsd,
  };
}

export function addUsage(a: Usage, b: Usage): Usage {
  const cachedInputTokens = (a.cachedInputTokens ?? 0) + (b.cachedInputTokens ?? 0);
  return {
    inputTokens: a.inputTokens + b.inputTokens,
    outputTokens: a.outputTokens + b.outputTokens,
    costMicroUsd: a.costMicroUsd + b.costMicroUsd,
    ...(cachedInputTokens > 0 && { cachedInputTokens }),
  };
}

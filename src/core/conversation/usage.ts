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

export function addUsage(a: Usage, b: Usage): Usage {
  const cachedInputTokens = (a.cachedInputTokens ?? 0) + (b.cachedInputTokens ?? 0);
  return {
    inputTokens: a.inputTokens + b.inputTokens,
    outputTokens: a.outputTokens + b.outputTokens,
    costMicroUsd: a.costMicroUsd + b.costMicroUsd,
    ...(cachedInputTokens > 0 && { cachedInputTokens }),
  };
}

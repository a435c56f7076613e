/**
 * Makes a model request that the turn can pay for: its worst case fits into what is left of the
 * slice, or it is not sent.
 *
 * @module
 */

import type { ModelRequest } from './ports.ts';
import type { TurnState } from './turn-state.ts';

/** Most tokens of one reply, reasoning included. */
const MAX_OUTPUT_TOKENS = 16_384;

/** A reply that may not even have so many tokens is not worth asking for. */
export const MIN_OUTPUT_TOKENS = 256;

/** The request with the longest reply that can be afforded; nothing if none can. */
export function reserveRequest(
  { ports, slice, wishes }: TurnState,
  request: Omit<ModelRequest, 'maxOutputTokens'>,
): ModelRequest | undefined {
  const wished = Math.min(wishes.maxOutputTokens ?? MAX_OUTPUT_TOKENS, MAX_OUTPUT_TOKENS);
  const least = Math.min(wished, MIN_OUTPUT_TOKENS);
  for (let most = wished; most >= least; most = Math.floor(most / 2)) {
    const reserved = { ...request, maxOutputTokens: most };
    const { inputTokens, outputTokens, costMicroUsd } = ports.model.reserve(reserved);
    const fits = inputTokens + outputTokens <= slice.tokens && costMicroUsd <= slice.costMicroUsd;
    if (fits) return reserved;
  }
  return undefined;
}

/**
 * A slice that a session holds for several turns, one after the other.
 *
 * @module
 */

import { mapRecord, ownNumber } from './reserves.ts';
import type { Settlement } from './settle-slice.ts';
import type { Slice } from './slice.ts';
import type { TurnLimits } from './turn-limits.ts';

/** What one turn may spend of it: a whole turn's worth at most. */
export function sliceForTurn(held: Slice, limits: TurnLimits): Slice {
  const { maxToolCalls, maxTokens, maxCostMicroUsd } = limits;
  return {
    ...held,
    toolCalls: Math.min(held.toolCalls, maxToolCalls),
    tokens: Math.min(held.tokens, maxTokens),
    costMicroUsd: Math.min(held.costMicroUsd, maxCostMicroUsd),
    perTool: mapRecord(held.perTool, (calls) => Math.min(calls, maxToolCalls)),
  };
}

/** What is left of it after a turn. May be less than nothing: a turn can overspend. */
export function spendSlice(held: Slice, used: Settlement): Slice {
  const calls = Object.values(used.toolCalls).reduce((sum, more) => sum + more, 0);
  return {
    ...held,
    toolCalls: held.toolCalls - calls,
    tokens: held.tokens - used.tokens,
    costMicroUsd: held.costMicroUsd - used.costMicroUsd,
    perTool: mapRecord(held.perTool, (left, tool) => left - ownNumber(used.toolCalls, tool)),
  };
}

/** Whether it is still a whole turn's worth of everything that the first turn had of it. */
export function isWholeTurn(held: Slice, first: Slice, limits: TurnLimits): boolean {
  const needed = sliceForTurn(first, limits);
  return (
    held.toolCalls >= needed.toolCalls &&
    held.tokens >= needed.tokens &&
    held.costMicroUsd >= needed.costMicroUsd &&
    Object.entries(needed.perTool).every(([tool, calls]) => ownNumber(held.perTool, tool) >= calls)
  );
}

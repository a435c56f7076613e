/**
 * Check 6: the turn may still afford a call, and is not going round in circles.
 *
 * Everything is spent from the slice that was reserved for the turn. What is returned is the slice
 * after this call; who approves several calls hands it on from one to the next.
 *
 * @module
 */

import { type Denial, deny } from '../errors/denial.ts';
import type { CheckReason } from '../errors/reasons.ts';
import type { Slice } from '../policy/slice.ts';
import { err, ok } from '../primitives/result.ts';
import { authoritiesOf, type CallTrace, type Check, type CheckContext } from './check-context.ts';
import type { SanitisedCall } from './sanitise.ts';

/** So many equal results of equal calls, and the next such call is denied. */
export const MAX_EQUAL_CALLS = 3;

export interface AffordedCall extends Omit<SanitisedCall, 'passed'> {
  readonly passed: 'limits';
  /** What is left for the turn after this call. */
  readonly slice: Slice;
}

export const checkLimits: Check<SanitisedCall, AffordedCall> = (call, context) => {
  const tool = call.tool.name;
  const denial =
    checkCallsLeft(context) ??
    checkToolRate(tool, context) ??
    checkBudget('token_budget', context.slice.tokens, context.slice) ??
    checkBudget('money_budget', context.slice.costMicroUsd, context.slice) ??
    checkLoop(tool, call.argumentHash, context.history);
  if (denial !== undefined) return err(denial);
  return ok({ ...call, passed: 'limits', slice: spendCall(context.slice, tool) });
};

/** The slice after one call of the tool. */
function spendCall(slice: Slice, tool: string): Slice {
  const own = ownRate(slice, tool);
  const perTool = own === undefined ? slice.perTool : { ...slice.perTool, [tool]: own - 1 };
  return { ...slice, toolCalls: slice.toolCalls - 1, perTool };
}

function checkCallsLeft(context: CheckContext): Denial | undefined {
  const { slice, history } = context;
  const limit = Math.min(...authoritiesOf(context).map(({ policy }) => policy.limits.maxToolCalls));
  if (history.length >= limit) return refuse('turn_call_limit');
  if (slice.toolCalls >= 1) return undefined;
  const { shortOf } = slice;
  return shortOf?.reason.endsWith('_rate')
    ? refuse(shortOf.reason, shortOf.retryAfterMs)
    : refuse('slice_exhausted');
}

function checkToolRate(tool: string, { slice }: CheckContext): Denial | undefined {
  const left = ownRate(slice, tool);
  if (left === undefined || left >= 1) return undefined;
  return refuse('tool_rate', slice.toolRetryAfterMs?.[tool]);
}

/**
 * A call costs no tokens and no money, but what follows it does. A budget of nothing that was not
 * scarce, as for a model that is free, stops nobody.
 */
function checkBudget(
  reason: 'token_budget' | 'money_budget',
  left: number,
  { shortOf }: Slice,
): Denial | undefined {
  if (left > 0) return undefined;
  if (shortOf?.reason === reason) return refuse(reason, shortOf.retryAfterMs);
  return left < 0 ? refuse(reason) : undefined;
}

/** The same call with the same arguments and the same result, over and over, will not end. */
function checkLoop(
  tool: string,
  argumentHash: string,
  history: readonly CallTrace[],
): Denial | undefined {
  const results = history
    .filter((trace) => trace.tool === tool && trace.argumentHash === argumentHash)
    .map(({ resultHash }) => resultHash);
  const isLoop = results.some(
    (result) =>
      result !== undefined && results.filter((other) => other === result).length >= MAX_EQUAL_CALLS,
  );
  return isLoop ? refuse('loop_detected') : undefined;
}

function ownRate({ perTool }: Slice, tool: string): number | undefined {
  return Object.hasOwn(perTool, tool) ? perTool[tool] : undefined;
}

function refuse(reason: CheckReason<'limits'>, retryAfterMs?: number): Denial {
  return deny('limits', reason, retryAfterMs === undefined ? {} : { retryAfterMs });
}

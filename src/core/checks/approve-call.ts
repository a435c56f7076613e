/**
 * The seven checks, in their order. Nothing runs that did not pass all of them.
 *
 * Check 1 turns a whole reply into proposed calls (`parse.ts`); the other six are asked here, of
 * one call after the other. Each takes only what the one before it returns, so that leaving one
 * out, or exchanging two, does not compile. The first denial stops.
 *
 * This file is the only maker of an `ApprovedToolCall`.
 *
 * @module
 */

import type { ApprovedToolCall, ProposedToolCall } from '../conversation/tool-call.ts';
import type { Denial } from '../errors/denial.ts';
import type { CheckName } from '../errors/reasons.ts';
import { hasSettings } from '../executor-protocol/ticket.ts';
import type { ApprovalBinding } from '../policy/approval.ts';
import type { Slice } from '../policy/slice.ts';
import { ok, type Result } from '../primitives/result.ts';
import { toBinding } from './approval.ts';
import { checkCapability } from './capability.ts';
import type { Check, CheckContext } from './check-context.ts';
import { type ClaimedCall, checkDispatch } from './dispatch-claims.ts';
import { checkLimits } from './limits.ts';
import { checkRegistry } from './registry.ts';
import { checkSanitise } from './sanitise.ts';
import { checkStructure } from './structure.ts';

/** The names of the seven, in the order in which they are asked. */
export const SEVEN_CHECKS = [
  'parse',
  'structure',
  'registry',
  'capability',
  'sanitise',
  'limits',
  'dispatch',
] as const satisfies CheckName[];

const passChecks = inOrder(
  checkStructure,
  checkRegistry,
  checkCapability,
  checkSanitise,
  checkLimits,
  checkDispatch,
);

export interface Approval {
  readonly call: ApprovedToolCall;
  /** What is left for the turn: hand it in with the next call. */
  readonly slice: Slice;
}

/** Approves one proposed call, or says which check denied it and why. Decides by `context` alone. */
export function approveCall(
  call: ProposedToolCall,
  context: CheckContext,
): Result<Approval, Denial> {
  const passed = passChecks(call, context);
  return passed.ok ? ok({ call: toApproved(passed.value), slice: passed.value.slice }) : passed;
}

/**
 * What a human is asked about a call that was denied for want of his approval, or why asking would be
 * in vain: with an approval, some other check would still deny it.
 */
export function askAbout(call: ProposedToolCall, context: CheckContext): Result<AskedCall, Denial> {
  const passed = passChecks(call, { ...context, approvals: ANY_APPROVAL });
  if (!passed.ok) return passed;
  const { tool, canonicalArguments, capabilities } = passed.value;
  const binding = toBinding(passed.value, context);
  return ok({ tool: tool.name, canonicalArguments, capabilities, binding });
}

export interface AskedCall extends Pick<ClaimedCall, 'canonicalArguments' | 'capabilities'> {
  readonly tool: string;
  readonly binding: ApprovalBinding;
}

/** As if a human had approved whatever he is asked. Nothing that passes under it is ever run. */
const ANY_APPROVAL: CheckContext['approvals'] = { has: () => true };

function toApproved(call: ClaimedCall): ApprovedToolCall {
  const { place, modelCallId, plugin, tool, canonicalArguments, capabilities, claims } = call;
  const { approval } = call;
  return {
    place,
    modelCallId,
    tool: tool.name,
    plugin: plugin.name,
    tier: plugin.tier,
    canonicalArguments,
    capabilities,
    claims,
    ...(hasSettings(claims) && { config: plugin.config?.values }),
    ...(approval !== undefined && { approval }),
  } as ApprovedToolCall;
}

/** Checks 2 to 7 as one, each taking what the one before it returns. */
export function inOrder<A, B, C, D, E, F, G>(
  ...[second, third, fourth, fifth, sixth, seventh]: readonly [
    Check<A, B>,
    Check<B, C>,
    Check<C, D>,
    Check<D, E>,
    Check<E, F>,
    Check<F, G>,
  ]
): Check<A, G> {
  return then(then(then(then(then(second, third), fourth), fifth), sixth), seventh);
}

function then<A, B, C>(first: Check<A, B>, next: Check<B, C>): Check<A, C> {
  return (call, context) => {
    const passed = first(call, context);
    return passed.ok ? next(passed.value, context) : passed;
  };
}

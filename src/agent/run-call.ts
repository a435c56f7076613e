/**
 * Runs one approved call on its tier and inspects what comes back.
 *
 * @module
 */

import { denialOf, inspectOutcome } from '../core/checks/inspect-outcome.ts';
import type { CallEnd, JournalReceipt } from '../core/conversation/journal-entry.ts';
import type { ToolOutcome } from '../core/conversation/tool-result.ts';
import { type Denial, deny } from '../core/errors/denial.ts';
import { faultCode } from '../core/errors/fault.ts';
import { readGiven } from '../core/provenance/given-arguments.ts';
import type { StartedCall } from './decide-calls.ts';
import { knownAfter } from './known-after.ts';
import { handleMaker } from './turn-handles.ts';
import { presentAuthority, type TurnState } from './turn-state.ts';

/** Never rejects: a tier that breaks leaves a call whose outcome is unknown, not a broken turn. */
export async function runCall(
  state: TurnState,
  { call, tool, written }: StartedCall,
  receipt: JournalReceipt,
): Promise<CallEnd> {
  const { tiers } = state.ports;
  let outcome: ToolOutcome | Denial;
  try {
    outcome = await tiers.dispatch(call, receipt, state.watch.signal);
  } catch (thrown) {
    outcome = refusedBefore(thrown) ?? (await recallOutcome(state, call.claims)) ?? UNKNOWN;
  }
  return toCallEnd(state, { claims: call.claims, tool, written }, outcome);
}

/** What nobody can tell is said to be unknown, and never guessed. */
export const UNKNOWN = deny('dispatch', 'unknown');

/** What an earlier dispatch left at the tier; nothing if the tier cannot tell, or be asked. */
export async function recallOutcome(
  { ports }: TurnState,
  claims: StartedCall['call']['claims'],
): Promise<ToolOutcome | undefined> {
  try {
    return await ports.tiers.recall(claims);
  } catch {
    return undefined;
  }
}

/** As it was decided, and as the model wrote it. */
interface EndedCall extends Pick<StartedCall, 'tool' | 'written'> {
  readonly claims: StartedCall['call']['claims'];
}

/** Passes what a tier returned through the result checks. */
export async function toCallEnd(
  state: TurnState,
  { claims, tool, written }: EndedCall,
  outcome: ToolOutcome | Denial,
): Promise<CallEnd> {
  if (outcome.kind === 'denial') return { kind: 'denied', denial: outcome };
  const { cost } = outcome;
  if (outcome.kind === 'failed') return { kind: 'denied', denial: denialOf(outcome), cost };
  const { policy } = presentAuthority(state);
  try {
    const known = await knownAfter(state, claims);
    const context = {
      tool,
      label: state.label,
      ofCall: claims.label,
      policy,
      given: readGiven(written.argumentsText, state.handles),
      ...(known && { known }),
      ...handleMaker(state, claims.callKey),
    };
    const inspected = inspectOutcome(outcome, context);
    if (inspected.ok) return { kind: 'result', result: inspected.value };
    return { kind: 'denied', denial: inspected.error, cost };
  } catch {
    // What cannot be inspected is not passed on, whatever it did to the one who looked.
    return { kind: 'denied', denial: deny('content', 'uninspectable'), cost };
  }
}

/** Faults that are thrown before anything ran. */
function refusedBefore(thrown: unknown): Denial | undefined {
  const code = faultCode(thrown);
  if (code === 'tier_unavailable') return deny('dispatch', 'tier_unavailable');
  return code === 'lease_lost' ? deny('dispatch', 'ticket_refused') : undefined;
}

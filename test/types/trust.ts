/**
 * What must not compile: a call that has not passed every check, in the place of one that has.
 *
 * Nothing here runs. Each `@ts-expect-error` is an error of the type check if the line below it
 * does compile.
 */

import type { DispatchPort } from '../../src/agent/ports.ts';
import type { CapabilityPattern } from '../../src/core/capabilities/pattern.ts';
import { approveCall, inOrder } from '../../src/core/checks/approve-call.ts';
import { checkCapability } from '../../src/core/checks/capability.ts';
import type { CheckContext } from '../../src/core/checks/check-context.ts';
import { checkDispatch } from '../../src/core/checks/dispatch-claims.ts';
import { checkLimits } from '../../src/core/checks/limits.ts';
import { checkRegistry } from '../../src/core/checks/registry.ts';
import { checkSanitise } from '../../src/core/checks/sanitise.ts';
import { checkStructure } from '../../src/core/checks/structure.ts';
import type { JournalReceipt } from '../../src/core/conversation/journal-entry.ts';
import type {
  ApprovedToolCall,
  ProposedToolCall,
  WrittenToolCall,
} from '../../src/core/conversation/tool-call.ts';
import type { ToolOutcome, ToolResult } from '../../src/core/conversation/tool-result.ts';
import type { TicketClaims } from '../../src/core/executor-protocol/ticket.ts';
import type { SessionId, TurnId, WorkspaceId } from '../../src/core/primitives/ids.ts';

declare const tiers: DispatchPort;
declare const receipt: JournalReceipt;
declare const signal: AbortSignal;
declare const context: CheckContext;
declare const written: WrittenToolCall;
declare const proposed: ProposedToolCall;
declare const approved: ApprovedToolCall;
declare const outcome: ToolOutcome;
declare const claims: TicketClaims;
declare const workspace: WorkspaceId;

/** Only an approved call is dispatched, and only with a receipt. */
export function dispatches(): void {
  tiers.dispatch(approved, receipt, signal);
  // @ts-expect-error a proposed call has passed one check of seven
  tiers.dispatch(proposed, receipt, signal);
  // @ts-expect-error a written call has passed none
  tiers.dispatch(written, receipt, signal);
  // @ts-expect-error the decision was not journaled
  tiers.dispatch(approved, undefined, signal);

  const handMade = {
    place: proposed.place,
    modelCallId: 'a',
    tool: 'read-file',
    plugin: 'io',
    tier: 'wasm',
    canonicalArguments: proposed.arguments,
    capabilities: [],
    claims,
  } as const;
  // @ts-expect-error it has every member of an approved call but the proof
  tiers.dispatch(handMade, receipt, signal);
  // @ts-expect-error changing an approved call makes it another call
  const changed: ApprovedToolCall = { ...handMade, ...proposed };
  void changed;
}

/** An approval may be a denial: it is not used before it was asked. */
export function approves(): void {
  const approval = approveCall(proposed, context);
  // @ts-expect-error it may be a denial
  tiers.dispatch(approval.value.call, receipt, signal);
  if (approval.ok) tiers.dispatch(approval.value.call, receipt, signal);
  // @ts-expect-error check 1 comes first
  approveCall(written, context);
}

const two = checkStructure;
const three = checkRegistry;
const four = checkCapability;
const five = checkSanitise;
const six = checkLimits;
const seven = checkDispatch;

/** The order of the checks, which compiles in no other way. */
export function orders(): void {
  inOrder(two, three, four, five, six, seven);
  // @ts-expect-error check 4 takes what check 3 returns
  inOrder(two, four, three, five, six, seven);
  // @ts-expect-error check 5 takes what check 4 returns
  inOrder(two, three, five, four, six, seven);
  // @ts-expect-error check 6 takes what check 5 returns
  inOrder(two, three, four, six, five, seven);
  // @ts-expect-error check 7 takes what check 6 returns
  inOrder(two, three, four, five, seven, six);
  // @ts-expect-error check 5 is left out
  inOrder(two, three, four, six, seven);
  // @ts-expect-error check 3 is asked twice, and check 4 never
  inOrder(two, three, three, five, six, seven);
  // @ts-expect-error what passed check 2 has not passed check 3
  checkCapability({ passed: 'structure', proposed }, context);
  // @ts-expect-error a proposed call has no canonical arguments
  checkLimits(proposed, context);
}

/** What a tier returned is no result. */
export function inspects(): void {
  // @ts-expect-error an outcome is untrusted
  const result: ToolResult = outcome;
  void result;
}

/** Brands are made by parsing alone. */
export function brands(): void {
  // @ts-expect-error a text is no pattern
  const pattern: CapabilityPattern = 'tool:*';
  // @ts-expect-error a workspace is no session
  const session: SessionId = workspace;
  // @ts-expect-error a text is no turn
  const turn: TurnId = 'turn_0';
  void [pattern, session, turn];
}

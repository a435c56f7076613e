/**
 * Decides the calls of one reply, one after the other, since each spends what the next may not.
 *
 * Pure but for the clock: changes nothing in the state, so that a decision which the journal
 * refuses as stale can be made again.
 *
 * @module
 */

import type { AuditEvent } from '../core/audit/audit-event.ts';
import {
  type Approval,
  type AskedCall,
  approveCall,
  askAbout,
} from '../core/checks/approve-call.ts';
import type { CallTrace, CheckContext } from '../core/checks/check-context.ts';
import { parseCalls } from '../core/checks/parse.ts';
import { putValues } from '../core/checks/put-values.ts';
import { isClientTool } from '../core/conversation/client-wishes.ts';
import type { JournalEntry } from '../core/conversation/journal-entry.ts';
import type { AssistantMessage } from '../core/conversation/message.ts';
import type {
  ApprovedToolCall,
  ProposedToolCall,
  WrittenToolCall,
} from '../core/conversation/tool-call.ts';
import type { Denial } from '../core/errors/denial.ts';
import type { ToolDefinition } from '../core/manifest/tool-definition.ts';
import type { ApprovalRequest } from '../core/policy/approval.ts';
import { findTool } from '../core/policy/authority-index.ts';
import type { Slice } from '../core/policy/slice.ts';
import { canonicalJson } from '../core/primitives/canonical-json.ts';
import { ok, type Result } from '../core/primitives/result.ts';
import { nameSecrets } from '../core/scan/find-secrets.ts';
import type { KnownValues } from '../core/scan/known-values.ts';
import { toWaitingCall } from './ask-human.ts';
import { type HandedCall, handOver, recordHandOver, toHandedEntry } from './hand-over-call.ts';
import { onlyToolsOf } from './only-tools.ts';
import { recordApproval, recordRefusal } from './turn-records.ts';
import { presentAuthority, type TurnState } from './turn-state.ts';

export interface DeniedCall {
  readonly index: number;
  readonly denial: Denial;
  /** For the record alone: names of the secrets that it held, where it was denied for them. */
  readonly findings?: readonly string[];
}

export interface StartedCall {
  readonly index: number;
  readonly call: ApprovedToolCall;
  readonly tool: ToolDefinition;
  readonly written: WrittenToolCall;
}

/** A call that waits for a human. */
export interface WaitingCall {
  readonly index: number;
  readonly tool: string;
  readonly request: ApprovalRequest;
}

export interface Decisions {
  readonly denied: readonly DeniedCall[];
  /** For the client to run. */
  readonly handedOver: readonly HandedCall[];
  readonly waiting: readonly WaitingCall[];
  readonly approved: readonly StartedCall[];
  /** What is left after all approved calls. */
  readonly slice: Slice;
  /** The turn's history with them. */
  readonly history: readonly CallTrace[];
  readonly entries: readonly JournalEntry[];
  readonly audit: readonly AuditEvent[];
}

/** The calls to decide, all of one reply. */
export interface Proposals {
  readonly round: number;
  readonly message: AssistantMessage;
  /** Indexes into the reply's calls; the others are decided already. */
  readonly indexes: readonly number[];
  /** Calls that were approved before this reply. */
  readonly callsBefore: number;
  /** Hashes of the approvals that are asked for already, by index. */
  readonly asked: Readonly<Record<number, string>>;
  /** The workspace's own secrets, which no call may hold. */
  readonly secrets: KnownValues | undefined;
}

function callsLeft(state: TurnState, { callsBefore }: Proposals): number {
  const left = presentAuthority(state).policy.limits.maxToolCalls - callsBefore;
  return state.wishes.singleCall ? Math.min(1, left) : left;
}

export function decideCalls(state: TurnState, proposals: Proposals): Decisions {
  const { round, message } = proposals;
  const parsed = parseCalls(message.toolCalls, {
    turnId: state.turn.turnId,
    round,
    callsLeft: callsLeft(state, proposals),
  });
  const onlyTools = onlyToolsOf(state, message);
  const decided = decideEach(state, parsed, { ...proposals, onlyTools });
  const { denied, handedOver, waiting, approved } = decided;
  const written = { state, message, round, parsed };
  const unasked = waiting.filter(({ index, request }) => proposals.asked[index] !== request.hash);
  return {
    ...decided,
    entries: [
      ...denied.map((call) => toDeniedEntry(written, call)),
      ...unasked.map((call) => ({ kind: 'approval-needed', round, ...call }) as const),
      ...handedOver.map((call) => toHandedEntry(message, call)),
      ...approved.map((call) => toStartedEntry(round, call)),
    ],
    audit: [
      ...denied.map((call) => toRefusal(written, call)),
      ...handedOver.map((call) => recordHandOver(state, call)),
      ...approved.map(({ call }) => recordApproval(state, call)),
    ],
  };
}

function decideEach(
  state: TurnState,
  parsed: readonly Parsed[],
  { indexes, message, onlyTools, secrets }: Pick<Proposals, 'indexes' | 'message'> & Bound,
): Omit<Decisions, 'entries' | 'audit'> {
  const denied: DeniedCall[] = [];
  const handedOver: HandedCall[] = [];
  const waiting: WaitingCall[] = [];
  const approved: StartedCall[] = [];
  let { slice } = state;
  const history = [...state.history];
  for (const index of indexes) {
    const decided = decide(state, parsed[index], { slice, history, onlyTools, secrets });
    if (!decided.ok) {
      const findings = secretsOf(state, parsed[index], { denial: decided.error, secrets });
      denied.push({ index, denial: decided.error, ...(findings.length > 0 && { findings }) });
      continue;
    }
    if ('handedOver' in decided.value) {
      handedOver.push({ index, call: decided.value.handedOver });
      continue;
    }
    if ('asked' in decided.value) {
      waiting.push({ index, ...toWaitingCall(state, decided.value.asked) });
      continue;
    }
    const { call } = decided.value;
    slice = decided.value.slice;
    history.push({ tool: call.tool, argumentHash: call.claims.argumentHash });
    approved.push({ index, call, tool: toolOf(state, call.tool), written: at(message, index) });
  }
  return { denied, handedOver, waiting, approved, slice, history };
}

type Parsed = Result<ProposedToolCall, Denial>;

interface Bound extends Pick<Proposals, 'secrets'> {
  /** What the skills that are active leave. */
  readonly onlyTools: readonly string[] | undefined;
}

function decide(
  state: TurnState,
  parsed: Parsed | undefined,
  { slice, history, onlyTools, secrets }: Pick<CheckContext, 'slice' | 'history'> & Bound,
): Result<
  Approval | { readonly asked: AskedCall } | { readonly handedOver: ProposedToolCall },
  Denial
> {
  if (parsed === undefined)
    throw new RangeError('Cannot decide a call that its reply does not hold');
  if (!parsed.ok) return parsed;
  if (isClientTool(state.wishes, parsed.value.name)) return handOver(state, parsed.value, secrets);
  const proposed = putValues(parsed.value, state.handles);
  if (!proposed.ok) return proposed;
  const { turn, ports, newest, label, heard } = state;
  const context: CheckContext = {
    authority: turn.authority,
    ...(newest !== undefined && { newest }),
    turn,
    label,
    heard,
    ...(secrets && { known: secrets }),
    slice,
    history,
    approvals: state.approvals,
    ...(onlyTools && { onlyTools }),
    now: ports.now(),
    sha256: ports.sha256,
  };
  const decided = approveCall(proposed.value, context);
  const isForHuman = !decided.ok && decided.error.reason === 'approval_required';
  if (!isForHuman || turn.onAsk === 'deny') return decided;
  const asked = askAbout(proposed.value, context);
  return asked.ok ? ok({ asked: asked.value }) : asked;
}

/** An operator must know which secret it was; whoever wrote the call hears no more than that it was denied. */
function secretsOf(
  { handles }: TurnState,
  parsed: Parsed | undefined,
  { denial, secrets }: Pick<Proposals, 'secrets'> & Pick<DeniedCall, 'denial'>,
): readonly string[] {
  const { check, reason } = denial;
  const isForSecret = reason === 'secret_in_arguments' || reason === 'secret_detected';
  if (!isForSecret || !parsed?.ok) return [];
  // What is handed over goes with its handles as they are.
  const put = check === 'output' ? parsed : putValues(parsed.value, handles);
  return put.ok ? nameSecrets(canonicalJson(put.value.arguments), secrets) : [];
}

function at({ toolCalls }: AssistantMessage, index: number): WrittenToolCall {
  const written = toolCalls[index];
  if (written === undefined) throw new RangeError('Cannot find the call in its reply');
  return written;
}

/** As the turn began with it: a plugin that is replaced meanwhile serves this turn to its end. */
function toolOf({ turn }: TurnState, name: string): ToolDefinition {
  const found = findTool(turn.authority, name);
  if (found === undefined) throw new RangeError('Cannot find the tool of an approved call');
  return found.tool;
}

interface Written {
  readonly state: TurnState;
  readonly message: AssistantMessage;
  readonly round: number;
  readonly parsed: readonly Parsed[];
}

function toDeniedEntry({ message, round }: Written, { index, denial }: DeniedCall): JournalEntry {
  const tool = message.toolCalls[index]?.name ?? '';
  return { kind: 'call-denied', round, index, tool, denial };
}

function toRefusal(
  { state, message, round, parsed }: Written,
  { index, denial, findings }: DeniedCall,
): AuditEvent {
  const place = { turnId: state.turn.turnId, round, index };
  const name = message.toolCalls[index]?.name ?? '';
  const call = parsed[index];
  const args = call?.ok === true ? { args: call.value.arguments } : {};
  const refused = recordRefusal(state, { place, name, ...args }, denial);
  return findings === undefined ? refused : { ...refused, findings };
}

function toStartedEntry(round: number, started: StartedCall): JournalEntry {
  const { index, call } = started;
  return {
    kind: 'call-started',
    round,
    index,
    tool: call.tool,
    claims: call.claims,
    arguments: call.canonicalArguments,
    repeatable: isRepeatable(started),
    ...(call.approval !== undefined && { approval: call.approval }),
  };
}

/**
 * A reducer's call, the only one that names its plugin, makes a state and a message into another state: in
 * the Wasm tier nothing comes of it but through its host, and of that the journal knows.
 */
function isRepeatable({ call, tool, written }: StartedCall): boolean {
  if (call.approval !== undefined) return false;
  const { readOnlyHint, idempotentHint } = tool.annotations;
  const isReducers = written.plugin !== undefined && call.claims.tier === 'wasm';
  return isReducers || readOnlyHint === true || idempotentHint === true;
}

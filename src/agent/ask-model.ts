/**
 * Asks the model for one reply: reserved before, settled after, and asked once more if it broke
 * before anything of it was seen.
 *
 * @module
 */

import type { AuditEvent } from '../core/audit/audit-event.ts';
import type { ToolChoice } from '../core/conversation/client-wishes.ts';
import { estimateTokens } from '../core/conversation/estimate-tokens.ts';
import type { AssistantMessage, SystemMessage } from '../core/conversation/message.ts';
import { countCharacters } from '../core/conversation/request-texts.ts';
import type { Cut } from '../core/conversation/turn-event.ts';
import { addUsage, NO_USAGE, type Usage } from '../core/conversation/usage.ts';
import { PRINCIPAL_LABEL } from '../core/policy/labels.ts';
import { isEmbeddedModel } from '../core/policy/model-name.ts';
import { turnModels } from '../core/policy/turn-models.ts';
import { err, ok, type Result } from '../core/primitives/result.ts';
import { isLeft } from '../core/skills/choose-skills.ts';
import { commitDeferred } from './commit-step.ts';
import type { ModelFault } from './model-fault.ts';
import { listOfferedTools, withClientTools } from './offered-tools.ts';
import { onlyToolsOf } from './only-tools.ts';
import type { ModelRequest } from './ports.ts';
import { type ReplyDraft, readReply, sizeOf } from './read-reply.ts';
import { standBeforeAsking } from './refresh-authority.ts';
import { reserveRequest } from './reserve-request.ts';
import { failed, NOTHING_TO_SAY, type RunEnd, withUnsaid } from './run-end.ts';
import { recordOf } from './turn-records.ts';
import { presentAuthority, spendUsage, type TurnState } from './turn-state.ts';

export interface Reply {
  readonly message: AssistantMessage;
  readonly unsentText: string;
  readonly cut: Cut | undefined;
  /** Of all attempts. */
  readonly usage: Usage;
  readonly audit: readonly AuditEvent[];
}

export interface Ask {
  readonly model: string;
  readonly round: number;
  /** `final`: the turn may make no more calls, and the model is told so. */
  readonly kind: 'ordinary' | 'final';
}

const FINAL_NOTE: SystemMessage = {
  role: 'system',
  content:
    'No more tool calls are possible in this turn. Answer now, from what you have, and say what is missing.',
  label: PRINCIPAL_LABEL,
};

/** Milliseconds before the second attempt, unless the provider asks for more. */
const RETRY_MS = 500;
const MAX_ATTEMPTS = 2;

export async function askModel(state: TurnState, ask: Ask): Promise<Result<Reply, RunEnd>> {
  const lost = settleLost(state, ask);
  let spent = lost.usage;
  const audit: AuditEvent[] = [...lost.audit];
  for (let attempt = 1; ; attempt++) {
    const prepared = await prepare(state, ask, attempt);
    if (!prepared.ok) return err(withUnsaid(prepared.error, { entries: [], audit }));
    const request = prepared.value;
    const startedAt = state.ports.now();
    const draft = await readReply(state, request, ask.round);
    const usage = settle(state, request, draft);
    spent = addUsage(spent, usage);
    audit.push(recordCall(state, draft.model ?? ask.model, { draft, usage, startedAt }));
    if (draft.broken === undefined) {
      return ok({
        message: toMessage(state, draft, ask),
        unsentText: draft.unsentText,
        cut: draft.cut,
        usage: spent,
        audit,
      });
    }
    if ('end' in draft.broken) {
      return err(withUnsaid(draft.broken.end, { entries: [], audit }));
    }
    const { fault } = draft.broken;
    if (!fault.retry.retryable || draft.wasSent || attempt === MAX_ATTEMPTS) {
      return err(withUnsaid(failedBy(fault), { entries: [], audit }));
    }
    await pauseAfter(state, fault);
  }
}

/**
 * The request, if there is still the authority for it, and the money. What is asked first was allowed as
 * the turn began; of what costs nothing, the session sees the end soon enough.
 */
async function prepare(
  state: TurnState,
  ask: Ask,
  attempt: number,
): Promise<Result<ModelRequest, RunEnd>> {
  const isFirst = ask.round === 0 && attempt === 1;
  if (!isFirst && !isEmbeddedModel(ask.model)) {
    const stop = await standBeforeAsking(state);
    if (stop !== undefined) return err(stop);
  }
  const wanted = toRequest(state, ask);
  if (wanted.models.length === 0) return err(failed('denied'));
  // Each attempt has to be paid for from what the one before has left.
  const request = reserveRequest(state, wanted);
  if (request === undefined) return err(failed('budget_exhausted'));
  return state.watch.signal.aborted ? err(state.watch.toRunEnd()) : ok(request);
}

function modelsFor({ turn, ports, newest }: TurnState): readonly string[] {
  const { authority: first, driver } = turn;
  if (driver.kind !== 'model') return [];
  return turnModels({ first, newest: newest ?? first }, driver, ports.now());
}

function toRequest(state: TurnState, ask: Ask): Omit<ModelRequest, 'maxOutputTokens'> {
  const { turn, ports } = state;
  const onlyTools = onlyToolsOf(state);
  const all = listOfferedTools(turn.authority, presentAuthority(state), ports.now());
  const own = onlyTools ? all.filter(({ name }) => isLeft(onlyTools, name)) : all;
  const { tools: _, toolChoice: __, maxOutputTokens: ___, ...manner } = state.wishes;
  return {
    ...manner,
    model: ask.model,
    models: modelsFor(state),
    messages: ask.kind === 'final' ? [...state.messages, FINAL_NOTE] : state.messages,
    tools: withClientTools(own, state.wishes),
    toolChoice: toToolChoice(state, ask),
  };
}

/** A choice that is forced holds for the first reply: else the turn could never end. */
function toToolChoice({ wishes }: TurnState, { kind, round }: Ask): ToolChoice {
  if (kind === 'final' || wishes.toolChoice === 'none') return 'none';
  return round === 0 ? wishes.toolChoice : 'auto';
}

/** A provider that has too much to do is no broken one: whoever asked comes again. */
function failedBy({ code, retry: { failure, retryAfterMs } }: ModelFault): RunEnd {
  if (failure !== 'rate-limited') return failed(code, NOTHING_TO_SAY, retryAfterMs);
  return failed('model_rate_limited', NOTHING_TO_SAY, retryAfterMs ?? RETRY_MS);
}

async function pauseAfter(state: TurnState, { retry }: ModelFault): Promise<void> {
  const { ports, watch } = state;
  commitDeferred(state);
  await ports.sleep(Math.max(RETRY_MS, retry.retryAfterMs ?? 0), watch.signal);
}

/** What the attempt has cost, by the provider's figures or by length, taken from the slice. */
function settle(state: TurnState, request: ModelRequest, draft: ReplyDraft): Usage {
  const usage = draft.usage ?? estimate(state, request, draft);
  spendUsage(state, usage);
  return usage;
}

/** What earlier runs have asked for this reply costs, though nobody heard it to its end. */
function settleLost(
  state: TurnState,
  ask: Ask,
): { readonly usage: Usage; readonly audit: readonly AuditEvent[] } {
  const { lost } = state.turn;
  if (lost?.round !== ask.round) return { usage: NO_USAGE, audit: [] };
  const input = estimateTokens(countCharacters(toRequest(state, ask)));
  const usage = state.ports.model.price(lost.attempts * input, estimateTokens(lost.characters));
  spendUsage(state, usage);
  const record = { action: 'model-called', decision: 'observed', reason: 'lease_lost' } as const;
  return { usage, audit: [recordOf(state, { ...record, model: ask.model, usage })] };
}

function estimate(state: TurnState, request: ModelRequest, draft: ReplyDraft): Usage {
  const wasRefused = draft.broken !== undefined && 'fault' in draft.broken && !draft.hasBegun;
  if (wasRefused) return NO_USAGE;
  const input = estimateTokens(countCharacters(request));
  return state.ports.model.price(input, estimateTokens(sizeOf(draft)));
}

function toMessage(state: TurnState, draft: ReplyDraft, ask: Ask): AssistantMessage {
  return {
    role: 'assistant',
    content: draft.text.toWellFormed(),
    // What a model proposes though it was told that it cannot is not a proposal any more.
    toolCalls: toToolChoice(state, ask) === 'none' ? [] : draft.calls,
    label: state.label,
    ...(draft.echo !== undefined && { echo: draft.echo }),
  };
}

interface Attempt {
  readonly draft: ReplyDraft;
  readonly usage: Usage;
  readonly startedAt: number;
}

function recordCall(
  state: TurnState,
  model: string,
  { draft, usage, startedAt }: Attempt,
): AuditEvent {
  const durationMs = Math.max(0, state.ports.now() - startedAt);
  const reason = reasonOf(draft);
  const { withheld, findings } = draft;
  return recordOf(state, {
    action: 'model-called',
    decision: withheld === undefined ? 'observed' : 'denied',
    model,
    usage,
    durationMs,
    ...(reason !== undefined && { reason }),
    ...(withheld !== undefined && { check: 'output', reason: withheld }),
    ...(findings.length > 0 && { findings }),
  });
}

function reasonOf({ broken }: ReplyDraft): string | undefined {
  if (broken === undefined) return undefined;
  if ('fault' in broken) return broken.fault.code;
  return broken.end.kind === 'failed' ? broken.end.code : 'cancelled';
}

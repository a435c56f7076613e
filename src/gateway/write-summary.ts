/**
 * Asks a model for a summary, and looks at what it has written.
 *
 * It is offered no tools, so a call that it writes all the same is no proposal and is passed over. What
 * it writes will be read by models, so it is inspected as the result of a tool is.
 *
 * @module
 */

import { ModelFault } from '../agent/model-fault.ts';
import type { ModelChunk, ModelPort, ModelRequest } from '../agent/ports.ts';
import type { EndedErrand, OpenedErrand } from '../blocks/workspace/errand-api.ts';
import { checkContent } from '../core/checks/result-content.ts';
import { checkSize } from '../core/checks/result-size.ts';
import {
  CHARACTERS_A_TOKEN,
  estimateTokens,
  unitsWithin,
  weigh,
} from '../core/conversation/estimate-tokens.ts';
import type { Cut } from '../core/conversation/turn-event.ts';
import { NO_USAGE, type Usage } from '../core/conversation/usage.ts';
import { Fault, faultCode } from '../core/errors/fault.ts';
import type { SummaryAnswer, SummaryOrder } from '../core/memory/summary-order.ts';
import { MAX_TOLD, SUMMARY_LIMITS, toSummaryPrompt } from '../core/memory/summary-prompt.ts';
import type { KnownValues } from '../core/scan/known-values.ts';
import { estimateRequest } from '../models/count-tokens.ts';
import { factsOf } from '../models/model-facts.ts';
import { resolveChain } from '../models/resolve-model.ts';
import type { GatewayBindings } from './bindings.ts';
import { knownSecretsOf } from './known-secrets.ts';

/** Longest that a model may take for a summary, in milliseconds. */
export const PATIENCE_MS = 60_000;

/** After which a model is asked again that broke in a way that may pass, in milliseconds. */
export const RETRY_MS = 5_000;

/** The part of a model's context that the record may fill: its tokens may be shorter than is thought. */
const CONTEXT_FILLED = 0.5;

/** Most characters that are read of a reply, whatever becomes of them. */
const MAX_READ = 262_144;

/** A summary, or why there is none, and what is settled for it. */
export interface WrittenSummary
  extends Pick<EndedErrand, 'usage' | 'reason' | 'findings'>,
    Partial<Pick<EndedErrand, 'model'>> {
  readonly answer: SummaryAnswer;
}

/** Of the model: it is shown no tools, and read to its end. */
const NEEDS = { tools: false, streaming: false } as const;

export async function writeSummary(
  env: GatewayBindings,
  order: SummaryOrder,
  opened: OpenedErrand,
): Promise<WrittenSummary> {
  const known = await knownSecretsOf(env, order.principal, 'recent');
  const port = resolveChain(env, {
    ids: opened.models,
    terms: opened,
    workspace: order.principal.workspace,
    needs: NEEDS,
    now: () => Date.now(),
  });
  if (port === undefined || !port.ok) return failed(port?.error.code ?? 'model_unknown');
  const request = toRequest(env, order, opened);
  const { inputTokens, outputTokens, costMicroUsd } = port.value.reserve(request);
  const { slice } = opened;
  if (inputTokens + outputTokens > slice.tokens || costMicroUsd > slice.costMicroUsd) {
    return failed('budget_exhausted');
  }
  const reply = await read(port.value, request);
  const { usage, model, reason, retryAfterMs } = reply;
  const spent = { usage, ...(model !== undefined && { model }) };
  if (reason !== undefined) return { ...failed(reason, retryAfterMs), ...spent };
  if (isPart(reply, order.of)) return { ...failed('reply_cut'), ...spent };
  const named = model ?? opened.models[0];
  return { ...inspect(reply.text, named, { order, opened, ...(known && { known }) }), ...spent };
}

function toRequest(
  env: GatewayBindings,
  { of, lines }: SummaryOrder,
  { models }: OpenedErrand,
): ModelRequest {
  const contexts = models.map((id) => factsOf(env, id).contextTokens ?? Infinity);
  const fitting = Math.min(...contexts) * CONTEXT_FILLED * CHARACTERS_A_TOKEN;
  return {
    model: models[0],
    models,
    messages: toSummaryPrompt(of, lines, Math.min(MAX_TOLD, fitting)),
    tools: [],
    toolChoice: 'none',
    maxOutputTokens: SUMMARY_LIMITS[of].tokens,
  };
}

interface Reply {
  readonly text: string;
  readonly usage: Usage;
  /** The one of several that has answered. */
  readonly model?: string;
  /** What has ended it before the model did. */
  readonly cut?: Cut;
  /** Why it was not read to its end. */
  readonly reason?: string;
  readonly retryAfterMs?: number | undefined;
}

async function read(port: ModelPort, request: ModelRequest): Promise<Reply> {
  const signal = AbortSignal.timeout(PATIENCE_MS);
  let text = '';
  let units = 0;
  let end: Extract<ModelChunk, { kind: 'end' }> | undefined;
  let thrown: unknown;
  try {
    for await (const chunk of port.stream(request, signal)) {
      if (chunk.kind === 'end') end = chunk;
      else if (chunk.kind === 'text') text += chunk.text;
      units += chunk.kind === 'tool-call' ? chunk.call.argumentsText.length : 0;
      if (text.length + units > MAX_READ) break;
    }
  } catch (caught) {
    thrown = caught;
  }
  const estimated = () =>
    port.price(estimateRequest(request, NEEDS), estimateTokens(text.length + units));
  const wasRefused = thrown !== undefined && text.length + units === 0;
  const usage = end?.usage ?? (wasRefused ? NO_USAGE : estimated());
  const { model, cut } = end ?? {};
  return {
    ...{ text, usage },
    ...(model !== undefined && { model }),
    ...(cut !== undefined && { cut }),
    ...(end === undefined && breakOf(thrown)),
  };
}

/**
 * It would stand for a conversation that it says the beginning of: what a model thinks counts as well, so it may
 * have said next to nothing. One that is longer than is kept of any ends nowhere else for it.
 */
function isPart({ cut, text }: Reply, of: SummaryOrder['of']): boolean {
  return cut === 'filter' || (cut === 'length' && weigh(text) < SUMMARY_LIMITS[of].characters);
}

/** What may pass is worth another attempt: also that its time was up. */
function breakOf(thrown: unknown): Pick<Reply, 'reason' | 'retryAfterMs'> {
  const reason = faultCode(thrown) ?? 'model_failed';
  if (!(thrown instanceof Fault)) return { reason, retryAfterMs: RETRY_MS };
  if (!(thrown instanceof ModelFault)) return { reason };
  const { retryable, retryAfterMs = retryable ? RETRY_MS : undefined } = thrown.retry;
  return { reason, retryAfterMs };
}

interface Inspection {
  readonly order: SummaryOrder;
  readonly opened: OpenedErrand;
  readonly known?: KnownValues;
}

function inspect(
  text: string,
  model: string,
  { order, opened, known }: Inspection,
): Omit<WrittenSummary, 'usage'> {
  const { limits, scan } = opened.inspection;
  const written = text.toWellFormed().trim();
  const { characters } = SUMMARY_LIMITS[order.of];
  const isWhole = weigh(written) <= characters;
  const maxResultChars = isWhole ? characters : unitsWithin(written, characters);
  const sized = checkSize(written, maxResultChars);
  if (!sized.ok || sized.value.text === '') return failed('empty_reply');
  const policy = { limits: { ...limits, maxResultChars }, scan };
  const checked = checkContent(sized.value, { policy, ...(known && { known }) });
  if (!checked.ok) return failed(checked.error.reason);
  const { content, findings } = checked.value;
  const answer = { kind: 'written', text: content, model } as const;
  return { answer, ...(findings.length > 0 && { findings }) };
}

function failed(reason: string, retryAfterMs?: number): WrittenSummary {
  const answer = { kind: 'failed', ...(retryAfterMs !== undefined && { retryAfterMs }) } as const;
  return { answer, reason, usage: NO_USAGE };
}

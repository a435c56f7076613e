/**
 * A model of one of the AI SDK's provider packages (specification v4) behind our port.
 *
 * @module
 */

import type {
  LanguageModelV4,
  LanguageModelV4CallOptions,
  LanguageModelV4StreamPart,
  LanguageModelV4Usage,
} from '@ai-sdk/provider';
import { ModelFault } from '../agent/model-fault.ts';
import type { ModelChunk, ModelPort, ModelRequest } from '../agent/ports.ts';
import { estimateTokens } from '../core/conversation/estimate-tokens.ts';
import type { Cut } from '../core/conversation/turn-event.ts';
import type { Usage } from '../core/conversation/usage.ts';
import { toCallOptions } from './ai-sdk-prompt.ts';
import { beginWithin } from './begin-within.ts';
import { countedOf, countedOr, estimateRequest, reserveTokens } from './count-tokens.ts';
import type { ModelFacts } from './model-facts.ts';
import { inputRate, type ModelPrice, toUsage } from './model-price.ts';
import { cutOff, toModelFault } from './provider-fault.ts';
import type { PromptCaching, ProviderOptions } from './providers.ts';
import { streamWhole } from './stream-whole.ts';
import { createEchoRecorder } from './vendor-echo.ts';

export interface AiSdkModel extends Pick<LanguageModelV4CallOptions, 'providerOptions'> {
  /** Named in messages to operators and users. */
  readonly provider: string;
  readonly price: ModelPrice;
  readonly facts: Pick<ModelFacts, 'tools' | 'streaming'>;
  readonly caching?: PromptCaching;
  readonly singleCall?: ProviderOptions;
  readonly looseFormat?: ProviderOptions;
  /** Milliseconds until it must have begun its answer. */
  readonly firstByteMs: number;
  load(): LanguageModelV4;
}

const CUTS: Readonly<Partial<Record<string, Cut>>> = {
  length: 'length',
  'content-filter': 'filter',
};

export function createAiSdkModel(model: AiSdkModel): ModelPort {
  return {
    stream: (request, signal) => stream(model, request, signal),
    reserve: (request) => reserve(model, request),
    price: (inputTokens, outputTokens) => toUsage(model.price, inputTokens, outputTokens),
  };
}

/** All of the prompt may be kept, and then costs more. */
function reserve({ price, caching }: AiSdkModel, request: ModelRequest): Usage {
  const tokens = reserveTokens(request);
  const usage = toUsage(price, tokens, request.maxOutputTokens);
  const isKept = caching !== undefined && goesOn(request);
  return isKept ? addSurcharge(usage, price, tokens * caching.surcharge) : usage;
}

/** Whether its beginning is likely to be asked again: with what tools say, or in the next turn. */
function goesOn({ tools, messages }: ModelRequest): boolean {
  return tools.length > 0 || messages.some(({ role }) => role === 'assistant');
}

async function* stream(
  model: AiSdkModel,
  request: ModelRequest,
  signal: AbortSignal,
): AsyncGenerator<ModelChunk> {
  const reader = (await open(model, request, signal)).getReader();
  const echo = createEchoRecorder(request.model);
  let outputCharacters = 0;
  let isDone = false;
  try {
    for (;;) {
      const { done, value: part } = await read(model, reader);
      if (done) throw cutOff(model.provider);
      echo.record(part);
      if (part.type === 'error') throw afterBegin(model, part.error);
      if (part.type === 'finish') {
        isDone = true;
        yield finish(part);
        return;
      }
      const chunk = toChunk(part);
      outputCharacters += chunk === undefined ? 0 : sizeOf(chunk);
      if (chunk !== undefined) yield chunk;
    }
  } finally {
    if (!isDone) await reader.cancel().catch(() => undefined);
  }

  function finish(part: Extract<LanguageModelV4StreamPart, { type: 'finish' }>): ModelChunk {
    const { unified } = part.finishReason;
    if (unified === 'error' || unified === 'interrupted') {
      throw cutOff(model.provider);
    }
    const input = countedOr(estimateRequest(request, model.facts), part.usage.inputTokens.total);
    const output = countedOr(estimateTokens(outputCharacters), part.usage.outputTokens.total);
    const usage = toCachedUsage(model, part.usage, toUsage(model.price, input, output));
    const vendorEcho = echo.finish();
    const cut = CUTS[unified];
    return {
      kind: 'end',
      usage,
      ...(vendorEcho && { echo: vendorEcho }),
      ...(cut && { cut }),
    };
  }
}

async function open(
  model: AiSdkModel,
  request: ModelRequest,
  signal: AbortSignal,
): Promise<ReadableStream<LanguageModelV4StreamPart>> {
  try {
    const { facts, caching } = model;
    const asked = facts.tools ? request : { ...request, tools: [] };
    const providerOptions = joinOptions(
      model.providerOptions,
      goesOn(asked) ? caching?.options : undefined,
      asked.singleCall && asked.tools.length > 0 ? model.singleCall : undefined,
      asked.format?.kind === 'schema' && !asked.format.isStrict ? model.looseFormat : undefined,
    );
    const options = { ...toCallOptions(asked), providerOptions };
    return await beginWithin(model, signal, async (abortSignal) => {
      const loaded = model.load();
      if (!facts.streaming)
        return streamWhole(await loaded.doGenerate({ ...options, abortSignal }));
      return (await loaded.doStream({ ...options, abortSignal })).stream;
    });
  } catch (thrown) {
    throw toModelFault(model.provider, thrown);
  }
}

/** Of each provider what all of them say. */
function joinOptions(...all: readonly (ProviderOptions | undefined)[]): ProviderOptions {
  const joined: ProviderOptions = {};
  for (const options of all) {
    for (const [provider, said] of Object.entries(options ?? {})) {
      joined[provider] = { ...joined[provider], ...said };
    }
  }
  return joined;
}

async function read<T>(model: AiSdkModel, reader: ReadableStreamDefaultReader<T>) {
  try {
    return await reader.read();
  } catch (thrown) {
    throw afterBegin(model, thrown);
  }
}

/** What fails in the middle of an answer is an answer that was cut off, whatever its reason. */
function afterBegin({ provider }: AiSdkModel, thrown: unknown): ModelFault {
  const fault = toModelFault(provider, thrown);
  const { failure, ...retry } = fault.retry;
  if (failure === undefined) return fault;
  return new ModelFault(fault.message, { ...retry, failure: 'cut-off' });
}

function toChunk(part: LanguageModelV4StreamPart): ModelChunk | undefined {
  if (part.type === 'text-delta') {
    return part.delta === '' ? undefined : { kind: 'text', text: part.delta };
  }
  if (part.type !== 'tool-call' || part.providerExecuted === true) return undefined;
  const { toolCallId: id, toolName: name, input: argumentsText } = part;
  return { kind: 'tool-call', call: { id, name, argumentsText } };
}

function sizeOf(chunk: ModelChunk): number {
  if (chunk.kind === 'text') return chunk.text.length;
  return chunk.kind === 'tool-call' ? chunk.call.argumentsText.length : 0;
}

/** With what was in the cache, and what it costs that something is there from now on. */
function toCachedUsage(
  { price, caching }: AiSdkModel,
  { inputTokens }: LanguageModelV4Usage,
  usage: Usage,
): Usage {
  const written = countedOf(usage.inputTokens, inputTokens.cacheWrite);
  const paid = addSurcharge(usage, price, written * (caching?.surcharge ?? 0));
  const cachedInputTokens = countedOf(usage.inputTokens, inputTokens.cacheRead);
  return cachedInputTokens > 0 ? { ...paid, cachedInputTokens } : paid;
}

/** As if so many tokens more had been sent in the same request. */
function addSurcharge(usage: Usage, price: ModelPrice, tokens: number): Usage {
  const more = Math.ceil(tokens * inputRate(price, usage.inputTokens));
  return { ...usage, costMicroUsd: usage.costMicroUsd + more };
}

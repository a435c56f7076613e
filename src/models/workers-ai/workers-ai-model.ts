/**
 * Models of Workers AI, through the binding where the deployment has one.
 *
 * @module
 */

import { ModelFault } from '../../agent/model-fault.ts';
import type { ModelChunk, ModelPort, ModelRequest } from '../../agent/ports.ts';
import { estimateTokens } from '../../core/conversation/estimate-tokens.ts';
import type { Cut } from '../../core/conversation/turn-event.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../../core/primitives/json.ts';
import { countedOf, countedOr, estimateRequest, reserveTokens } from '../count-tokens.ts';
import type { ModelFacts } from '../model-facts.ts';
import { type ModelPrice, toUsage } from '../model-price.ts';
import { cutOff, unreachable } from '../provider-fault.ts';
import { type ReplyChunk, readReply, readWhole } from './read-reply.ts';
import { runModel, WORKERS_AI, type WorkersAi } from './run-model.ts';
import { toInputs } from './to-inputs.ts';

export function createWorkersAiModel(
  model: WorkersAi,
  { price, facts }: Pick<Source, 'price' | 'facts'>,
): ModelPort {
  const source = { model, price, facts };
  return {
    stream: (request, signal) => stream(source, request, signal),
    reserve: (request) => toUsage(price, reserveTokens(request), request.maxOutputTokens),
    price: (inputTokens, outputTokens) => toUsage(price, inputTokens, outputTokens),
  };
}

interface Source {
  readonly model: WorkersAi;
  readonly price: ModelPrice;
  readonly facts: Pick<ModelFacts, 'tools' | 'streaming'>;
}

async function* stream(
  source: Source,
  request: ModelRequest,
  signal: AbortSignal,
): AsyncGenerator<ModelChunk> {
  const chunks = await ask(source, request, signal);
  let outputCharacters = 0;
  let usage: Extract<ReplyChunk, { kind: 'usage' }> | undefined;
  let cut: Cut | undefined;
  try {
    for await (const chunk of chunks) {
      if (signal.aborted) return;
      if (chunk.kind === 'usage') usage = chunk;
      if (chunk.kind === 'cut') cut = chunk.by;
      if (chunk.kind === 'usage' || chunk.kind === 'cut') continue;
      outputCharacters +=
        chunk.kind === 'text' ? chunk.text.length : chunk.call.argumentsText.length;
      yield chunk;
    }
  } catch (thrown) {
    throw thrown instanceof ModelFault ? thrown : cutOff(WORKERS_AI);
  }
  const input = countedOr(estimateRequest(request, source.facts), usage?.input);
  const output = countedOr(estimateTokens(outputCharacters), usage?.output);
  const settled = toUsage(source.price, input, output);
  const cached = countedOf(input, usage?.cached);
  yield {
    kind: 'end',
    usage: cached > 0 ? { ...settled, cachedInputTokens: cached } : settled,
    ...(cut && { cut }),
  };
}

async function ask(
  { model, facts }: Source,
  request: ModelRequest,
  signal: AbortSignal,
): Promise<AsyncIterable<ReplyChunk> | Iterable<ReplyChunk>> {
  const inputs = toInputs(request, facts);
  const answer = await runModel(model, inputs, signal);
  if (answer instanceof ReadableStream) return readReply(answer);
  if (inputs.stream || !isJsonObject(answer as JsonValue)) throw unreachable(WORKERS_AI);
  return readWhole(answer as JsonObject);
}

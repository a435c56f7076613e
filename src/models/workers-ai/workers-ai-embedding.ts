/**
 * Embedding models of Workers AI, through the binding where the deployment has one.
 *
 * @module
 */

import { estimateTokens } from '../../core/conversation/estimate-tokens.ts';
import { isJsonObject, type JsonValue } from '../../core/primitives/json.ts';
import { countedOr, reserveText, sum } from '../count-tokens.ts';
import type { Embedded, EmbeddingPort, EmbeddingRequest } from '../embedding-port.ts';
import { type ModelPrice, toUsage } from '../model-price.ts';
import { cutOff } from '../provider-fault.ts';
import { areVectors, MAX_DIMENSIONS } from '../vectors.ts';
import { runModel, WORKERS_AI, type WorkersAi } from './run-model.ts';

/** As its models say in their schemas. */
const TEXTS_AT_ONCE = 100;

interface Terms {
  readonly price: ModelPrice;
  /** Of its vectors; absent where nobody says. Its models cannot be told to make others. */
  readonly dimensions: number | undefined;
  /** Where nobody says. */
  readonly usualDimensions: number;
}

export function createWorkersAiEmbedding(source: WorkersAi, terms: Terms): EmbeddingPort {
  const { price, dimensions, usualDimensions } = terms;
  return {
    dimensions: {
      usual: dimensions ?? usualDimensions,
      least: dimensions ?? 1,
      most: dimensions ?? MAX_DIMENSIONS,
    },
    reserve: (texts) => toUsage(price, sum(texts, reserveText), 0),
    textsAtOnce: async () => TEXTS_AT_ONCE,
    embed: (request, signal) => embed(source, { request, price }, signal),
  };
}

async function embed(
  source: WorkersAi,
  { request, price }: { readonly request: EmbeddingRequest; readonly price: ModelPrice },
  signal: AbortSignal,
): Promise<Embedded> {
  const text = request.texts.map((one) => one.toWellFormed());
  const answer = (await runModel(source, { text }, signal)) as JsonValue;
  const { data, usage } = isJsonObject(answer) ? answer : {};
  if (!areVectors(data, text.length)) throw cutOff(WORKERS_AI);
  const { dimensions = data[0]?.length } = request;
  if (data[0]?.length !== dimensions) throw cutOff(WORKERS_AI);
  const counted = isJsonObject(usage) ? usage.prompt_tokens : undefined;
  const estimated = sum(text, ({ length }) => estimateTokens(length));
  const tokens = countedOr(estimated, counted);
  return { vectors: data, usage: toUsage(price, tokens, 0) };
}

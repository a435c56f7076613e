/**
 * An embedding model of one of the AI SDK's provider packages (specification v4) behind our port.
 *
 * @module
 */

import type { EmbeddingModelV4 } from '@ai-sdk/provider';
import { estimateTokens } from '../core/conversation/estimate-tokens.ts';
import { beginWithin } from './begin-within.ts';
import { countedOr, reserveText, sum } from './count-tokens.ts';
import type { Embedded, EmbeddingPort, EmbeddingRequest } from './embedding-port.ts';
import { type ModelPrice, toUsage } from './model-price.ts';
import { cutOff, toModelFault } from './provider-fault.ts';
import { areVectors, MAX_DIMENSIONS } from './vectors.ts';

export interface AiSdkEmbedding {
  /** Named in messages to operators and users. */
  readonly provider: string;
  readonly price: ModelPrice;
  /** As far as it is known before it is asked. */
  readonly dimensions: number;
  /** Milliseconds until each request must have been answered. */
  readonly firstByteMs: number;
  load(): EmbeddingModelV4;
}

/** Texts of one request to a provider that does not say how many it takes. */
const USUAL_TEXTS = 96;

export function createAiSdkEmbedding(model: AiSdkEmbedding): EmbeddingPort {
  return {
    dimensions: { usual: model.dimensions, least: 1, most: MAX_DIMENSIONS },
    reserve: (texts) => toUsage(model.price, sum(texts, reserveText), 0),
    textsAtOnce: async () => (await model.load().maxEmbeddingsPerCall) ?? USUAL_TEXTS,
    embed: (request, signal) => embed(model, request, signal),
  };
}

async function embed(
  model: AiSdkEmbedding,
  { texts, dimensions }: EmbeddingRequest,
  signal: AbortSignal,
): Promise<Embedded> {
  const values = texts.map((text) => text.toWellFormed());
  const options = { values, ...(dimensions !== undefined && { dimensions }) };
  const answer = await ask(model, signal, (abortSignal) =>
    model.load().doEmbed({ ...options, abortSignal }),
  );
  const { embeddings: vectors, usage } = answer;
  if (!areVectors(vectors, values.length)) throw cutOff(model.provider);
  const estimated = sum(values, ({ length }) => estimateTokens(length));
  const tokens = countedOr(estimated, usage?.tokens);
  return { vectors, usage: toUsage(model.price, tokens, 0) };
}

async function ask<T>(
  model: AiSdkEmbedding,
  signal: AbortSignal,
  begin: (signal: AbortSignal) => PromiseLike<T>,
): Promise<T> {
  try {
    return await beginWithin(model, signal, begin);
  } catch (thrown) {
    throw toModelFault(model.provider, thrown);
  }
}

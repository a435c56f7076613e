/**
 * From the name of an embedding model, `provider/model`, to the model.
 *
 * @module
 */

import { MODEL_NAME } from '../core/policy/model-name.ts';
import { err, ok, type Result } from '../core/primitives/result.ts';
import { gatewayProblem } from './ai-gateway.ts';
import { createAiSdkEmbedding } from './ai-sdk-embedding.ts';
import type { ModelTerms, UnknownModel } from './choose-model.ts';
import { lexicalModel } from './embedded/lexical-model.ts';
import type { EmbeddingPort } from './embedding-port.ts';
import { providerOf } from './hear-failure.ts';
import type { ModelBindings } from './model-bindings.ts';
import { factsOf } from './model-facts.ts';
import { priceOf } from './model-price-terms.ts';
import { listProviders } from './providers.ts';
import { findWorkersAi, WORKERS_AI } from './workers-ai/run-model.ts';
import { createWorkersAiEmbedding } from './workers-ai/workers-ai-embedding.ts';

/** Places that a vector is taken to have of which nobody says it. */
const USUAL_DIMENSIONS = 3_072;

const LEXICAL = 'embedded/lexical';

export function chooseEmbedding(
  env: ModelBindings,
  id: string,
  terms: ModelTerms,
): Result<EmbeddingPort, UnknownModel> {
  if (id === LEXICAL) return ok(lexicalModel);
  if (!MODEL_NAME.test(id)) return unknown('it must have the form "provider/model"');
  const name = providerOf(id);
  if (name === WORKERS_AI) return chooseWorkersAi(env, id, terms);
  const providers = listProviders(env);
  const provider = Object.hasOwn(providers, name) ? providers[name] : undefined;
  const load = provider?.loadEmbedding;
  if (provider === undefined || load === undefined) return unknown('its provider must make some');
  const missing = provider.missing(env);
  if (missing !== undefined) return unknown(missing);
  const facts = factsOf(env, id);
  if (facts.kind !== 'embedding') return unknown('it must be an embedding model');
  const price = priceOf(env, id, terms);
  if (price === undefined) return unknown('its price must be known');
  return ok(
    createAiSdkEmbedding({
      provider: name,
      price,
      dimensions: facts.dimensions ?? USUAL_DIMENSIONS,
      firstByteMs: terms.firstByteMs,
      load: () => load(env, id.slice(name.length + 1)),
    }),
  );
}

function chooseWorkersAi(
  env: ModelBindings,
  id: string,
  terms: ModelTerms,
): Result<EmbeddingPort, UnknownModel> {
  const problem = gatewayProblem(env);
  if (problem !== undefined) return unknown(problem);
  const found = findWorkersAi(env, id.slice(WORKERS_AI.length + 1), terms.firstByteMs);
  if (found === undefined) return unknown('the binding "AI" must be set');
  const { kind, dimensions } = factsOf(env, id);
  if (kind !== 'embedding') return unknown('it must be an embedding model');
  const price = priceOf(env, id, terms);
  if (price === undefined) return unknown('its price must be known');
  const usualDimensions = USUAL_DIMENSIONS;
  return ok(createWorkersAiEmbedding(found, { price, dimensions, usualDimensions }));
}

function unknown(must: string): Result<never, UnknownModel> {
  return err({ code: 'model_unknown', message: `Cannot embed with the model: ${must}` });
}

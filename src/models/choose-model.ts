/**
 * From a model's name, `provider/model`, to the model.
 *
 * Any model of a provider that can be used may be named, listed or not: vendors bring out new ones
 * faster than gateways. Whether a principal may use it is decided by policy and capabilities.
 *
 * @module
 */

import type { ModelPort } from '../agent/ports.ts';
import { type Budgets, DEFAULT_BUDGETS } from '../core/policy/budgets.ts';
import { MODEL_NAME } from '../core/policy/model-name.ts';
import { DEFAULT_MODEL_POLICY } from '../core/policy/model-policy.ts';
import { err, ok, type Result } from '../core/primitives/result.ts';
import { gatewayProblem } from './ai-gateway.ts';
import { createAiSdkModel } from './ai-sdk-model.ts';
import { plannerModel } from './embedded/planner-model.ts';
import { scriptModel } from './embedded/script-model.ts';
import { providerOf } from './hear-failure.ts';
import type { ModelBindings } from './model-bindings.ts';
import { factsOf } from './model-facts.ts';
import { priceOf } from './model-price-terms.ts';
import { listProviders } from './providers.ts';
import { findWorkersAi, WORKERS_AI } from './workers-ai/run-model.ts';
import { createWorkersAiModel } from './workers-ai/workers-ai-model.ts';

/** Why there is no such model. `message` is safe to show. */
export interface UnknownModel {
  readonly code: 'model_unknown' | 'model_incapable';
  readonly message: string;
}

const EMBEDDED_MODELS: Readonly<Record<string, ModelPort>> = {
  'embedded/planner': plannerModel,
  'embedded/script': scriptModel,
};

/** What a workspace makes of models. */
export interface ModelTerms {
  /** Milliseconds until a provider must have begun its answer. */
  readonly firstByteMs: number;
  readonly unknownPrice: Budgets['unknownPrice'];
}

const DEFAULT_TERMS: ModelTerms = {
  firstByteMs: DEFAULT_MODEL_POLICY.firstByteMs,
  unknownPrice: DEFAULT_BUDGETS.unknownPrice,
};

export function chooseModel(
  env: ModelBindings,
  id: string,
  terms = DEFAULT_TERMS,
): Result<ModelPort, UnknownModel> {
  if (!MODEL_NAME.test(id)) return unknown(id, 'it must have the form "provider/model"');
  const embedded = Object.hasOwn(EMBEDDED_MODELS, id) ? EMBEDDED_MODELS[id] : undefined;
  if (embedded !== undefined) return ok(embedded);

  const provider = providerOf(id);
  const model = id.slice(provider.length + 1);
  return provider === WORKERS_AI
    ? chooseWorkersAi(env, model, terms)
    : chooseVendor(env, { id, provider, model }, terms);
}

function chooseWorkersAi(
  env: ModelBindings,
  model: string,
  terms: ModelTerms,
): Result<ModelPort, UnknownModel> {
  const id = `${WORKERS_AI}/${model}`;
  const problem = gatewayProblem(env);
  if (problem !== undefined) return unknown(id, problem);
  const found = findWorkersAi(env, model, terms.firstByteMs);
  if (found === undefined) return unknown(id, 'the binding "AI" must be set');
  const price = priceOf(env, id, terms);
  if (price === undefined) return unpriced(id);
  return ok(createWorkersAiModel(found, { price, facts: factsOf(env, id) }));
}

interface VendorModel {
  readonly id: string;
  readonly provider: string;
  readonly model: string;
}

function chooseVendor(
  env: ModelBindings,
  { id, provider: name, model }: VendorModel,
  terms: ModelTerms,
): Result<ModelPort, UnknownModel> {
  const providers = listProviders(env);
  const provider = Object.hasOwn(providers, name) ? providers[name] : undefined;
  if (provider === undefined) {
    return unknown(id, `the provider must be one of ${namesOf(env)}`);
  }
  const missing = provider.missing(env);
  if (missing !== undefined) return unknown(id, missing);
  const price = priceOf(env, id, terms);
  if (price === undefined) return unpriced(id);

  const { providerOptions, caching, singleCall, looseFormat } = provider;
  return ok(
    createAiSdkModel({
      provider: name,
      price,
      firstByteMs: terms.firstByteMs,
      facts: factsOf(env, id),
      load: () => provider.load(env, model),
      ...(providerOptions && { providerOptions }),
      ...(caching && { caching }),
      ...(singleCall && { singleCall }),
      ...(looseFormat && { looseFormat }),
    }),
  );
}

function unpriced(id: string): Result<never, UnknownModel> {
  return unknown(id, 'its price must be known');
}

function namesOf(env: ModelBindings): string {
  return ['embedded', ...Object.keys(listProviders(env)), WORKERS_AI].join(', ');
}

/** Longest name that a message repeats; it may come from a stranger. */
const MAX_QUOTED_CHARACTERS = 80;

function unknown(id: string, problem: string): Result<never, UnknownModel> {
  const quoted = JSON.stringify(id.slice(0, MAX_QUOTED_CHARACTERS)).replace(/[^ -~]/g, '?');
  return err({ code: 'model_unknown', message: `Cannot use the model ${quoted}: ${problem}` });
}

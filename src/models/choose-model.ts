/**
 * From a model's name, `provider/model`, to the model.
 *
 * Any model of a provider that can be used may be named, listed or not: vendors bring out new ones
 * faster than gateways. Whether a principal may use it is decided by policy and capabilities.
 *
 * @module
 */

import type { ModelPort } from '../agent/ports.ts';
import { MODEL_NAME } from '../core/policy/model-name.ts';
import { err, ok, type Result } from '../core/primitives/result.ts';
import { createAiSdkModel } from './ai-sdk-model.ts';
import { plannerModel } from './embedded/planner-model.ts';
import { scriptModel } from './embedded/script-model.ts';
import type { ModelBindings } from './model-bindings.ts';
import { FREE, findPrice } from './model-price.ts';
import { compatibleName, listProviders } from './providers.ts';
import { createWorkersAiModel } from './workers-ai/workers-ai-model.ts';

/** Why there is no such model. `message` is safe to show. */
export interface UnknownModel {
  readonly code: 'model_unknown';
  readonly message: string;
}

export const EMBEDDED_MODELS: Readonly<Record<string, ModelPort>> = {
  'embedded/planner': plannerModel,
  'embedded/script': scriptModel,
};

export function chooseModel(env: ModelBindings, id: string): Result<ModelPort, UnknownModel> {
  if (!MODEL_NAME.test(id)) return unknown(id, 'it must have the form "provider/model"');
  const embedded = Object.hasOwn(EMBEDDED_MODELS, id) ? EMBEDDED_MODELS[id] : undefined;
  if (embedded !== undefined) return ok(embedded);

  const provider = id.slice(0, id.indexOf('/'));
  const model = id.slice(provider.length + 1);
  return provider === 'workers-ai' ? chooseWorkersAi(env, model) : chooseVendor(env, id, provider);
}

function chooseWorkersAi(env: ModelBindings, model: string): Result<ModelPort, UnknownModel> {
  const id = `workers-ai/${model}`;
  if (env.AI === undefined) return unknown(id, 'the binding "AI" must be set');
  return ok(createWorkersAiModel(env.AI, model, findPrice(id, env.MODEL_PRICES)));
}

function chooseVendor(
  env: ModelBindings,
  id: string,
  name: string,
): Result<ModelPort, UnknownModel> {
  const providers = listProviders(env);
  const provider = Object.hasOwn(providers, name) ? providers[name] : undefined;
  if (provider === undefined) {
    return unknown(id, `the provider must be one of ${namesOf(env)}`);
  }
  const missing = provider.missing(env);
  if (missing !== undefined) return unknown(id, missing);

  const { providerOptions } = provider;
  // The operator's own endpoint is free unless he says what it costs.
  const otherwise = name === compatibleName(env) ? FREE : undefined;
  return ok(
    createAiSdkModel({
      provider: name,
      price: findPrice(id, env.MODEL_PRICES, otherwise),
      load: () => provider.load(env, id.slice(name.length + 1)),
      ...(providerOptions === undefined ? {} : { providerOptions }),
    }),
  );
}

function namesOf(env: ModelBindings): string {
  return ['embedded', ...Object.keys(listProviders(env)), 'workers-ai'].join(', ');
}

/** Longest name that a message repeats; it may come from a stranger. */
const MAX_QUOTED_CHARACTERS = 80;

function unknown(id: string, problem: string): Result<never, UnknownModel> {
  const quoted = JSON.stringify(id.slice(0, MAX_QUOTED_CHARACTERS)).replace(/[^ -~]/g, '?');
  return err({ code: 'model_unknown', message: `Cannot use the model ${quoted}: ${problem}` });
}

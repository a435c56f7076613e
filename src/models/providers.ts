/**
 * The providers behind keys: what each needs, and how its model is made.
 *
 * Imported statically: a dynamic import makes the bundler start shared packages lazily, and zod is
 * then used before it has begun.
 *
 * @module
 */

import { createAnthropic } from '@ai-sdk/anthropic';
import { createGoogle } from '@ai-sdk/google';
import { createOpenAI } from '@ai-sdk/openai';
import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import type {
  EmbeddingModelV4,
  LanguageModelV4,
  LanguageModelV4CallOptions,
} from '@ai-sdk/provider';
import { Fault } from '../core/errors/fault.ts';
import { aiGatewayOf, gatewayProblem } from './ai-gateway.ts';
import type { ModelBindings } from './model-bindings.ts';
import { FREE, type ModelPrice, statedPrice } from './model-price.ts';
import { fetchFor, publicFetch } from './private-fetch.ts';

export interface Provider {
  /** What models of it are, for the catalogue. */
  readonly title: string;
  /** What must be set and is not, as the end of a sentence; nothing when it can be used. */
  missing(env: ModelBindings): string | undefined;
  load(env: ModelBindings, model: string): LanguageModelV4;
  /** Absent where it makes no embeddings. */
  loadEmbedding?(env: ModelBindings, model: string): EmbeddingModelV4;
  /** What it is always told, such as not to store the conversation. */
  readonly providerOptions?: ProviderOptions;
  /** Where it keeps a prompt for the next request only if it is told to. */
  readonly caching?: PromptCaching;
  /** How it is told to call one tool at a time; absent where it cannot be. */
  readonly singleCall?: ProviderOptions;
  /** How it is told that a schema for the reply need not be held; absent where nobody can say so. */
  readonly looseFormat?: ProviderOptions;
}

export type ProviderOptions = NonNullable<LanguageModelV4CallOptions['providerOptions']>;

export interface PromptCaching {
  /** How it is told. */
  readonly options: ProviderOptions;
  /** What a token that is kept costs more than any other, as a part of its price. */
  readonly surcharge: number;
}

const anthropic: Provider = {
  title: 'Anthropic (Messages API)',
  missing: (env) => unset('ANTHROPIC_API_KEY', env.ANTHROPIC_API_KEY) ?? gatewayProblem(env),
  load(env, model) {
    const { ANTHROPIC_API_KEY: apiKey = '' } = env;
    return createAnthropic({ apiKey, ...wayTo(env, 'anthropic/v1') })(model);
  },
  caching: { options: { anthropic: { cacheControl: { type: 'ephemeral' } } }, surcharge: 0.25 },
  singleCall: { anthropic: { disableParallelToolUse: true } },
};

const openai: Provider = {
  title: 'OpenAI (Responses API; nothing is stored there)',
  missing: (env) => unset('OPENAI_API_KEY', env.OPENAI_API_KEY) ?? gatewayProblem(env),
  load(env, model) {
    return openOpenAi(env).responses(model);
  },
  loadEmbedding: (env, model) => openOpenAi(env).embeddingModel(model),
  providerOptions: { openai: { store: false } },
  singleCall: { openai: { parallelToolCalls: false } },
  looseFormat: { openai: { strictJsonSchema: false } },
};

const google: Provider = {
  title: 'Google (Gemini API)',
  missing: (env) => unset('GOOGLE_API_KEY', env.GOOGLE_API_KEY) ?? gatewayProblem(env),
  load(env, model) {
    return openGoogle(env)(model);
  },
  loadEmbedding: (env, model) => openGoogle(env).embeddingModel(model),
};

/** Straight to the vendor, or by that path of the operator's AI Gateway. */
function wayTo(env: ModelBindings, path: string) {
  const gateway = aiGatewayOf(env);
  if (gateway === undefined) return { fetch: publicFetch };
  if (gateway === 'malformed') throw new Fault('internal', 'Cannot ask around the AI Gateway');
  const { url, headers } = gateway;
  return { baseURL: `${url}/${path}`, headers, fetch: fetchFor(env, url) };
}

function openOpenAi(env: ModelBindings) {
  const { OPENAI_API_KEY: apiKey = '' } = env;
  return createOpenAI({ apiKey, ...wayTo(env, 'openai') });
}

function openGoogle(env: ModelBindings) {
  const { GOOGLE_API_KEY: apiKey = '' } = env;
  return createGoogle({ apiKey, ...wayTo(env, 'google-ai-studio/v1beta') });
}

const compatible: Provider = {
  title: "an endpoint in OpenAI's chat shape, set by the operator",
  missing: (env) => unset('OPENAI_COMPATIBLE_BASE_URL', env.OPENAI_COMPATIBLE_BASE_URL),
  load: (env, model) => openCompatible(env).chatModel(model),
  loadEmbedding: (env, model) => openCompatible(env).embeddingModel(model),
};

function openCompatible(env: ModelBindings) {
  const { OPENAI_COMPATIBLE_BASE_URL: baseURL = '', OPENAI_COMPATIBLE_API_KEY: apiKey } = env;
  return createOpenAICompatible({
    name: compatibleName(env),
    baseURL,
    includeUsage: true,
    // Else the schema that a client wants would be left out, and its model never see it.
    supportsStructuredOutputs: true,
    fetch: fetchFor(env, baseURL),
    ...(apiKey === undefined || apiKey === '' ? {} : { apiKey }),
  });
}

const BUILT_IN = { anthropic, openai, google } as const;

/** Words that an operator cannot give to the endpoint of his own. */
const RESERVED = new Set([...Object.keys(BUILT_IN), 'alias', 'embedded', 'workers-ai']);
const NAME = /^[a-z][a-z0-9-]{0,31}$/;

/** What the models of the operator's own endpoint are called: `<name>/<model>`. */
export function compatibleName(env: ModelBindings): string {
  const name = env.OPENAI_COMPATIBLE_NAME ?? '';
  return NAME.test(name) && !RESERVED.has(name) ? name : 'compatible';
}

/** Nothing where nobody says so; the operator's own endpoint is free unless he says what it costs. */
export function knownPrice(env: ModelBindings, id: string): ModelPrice | undefined {
  const stated = statedPrice(id, env.MODEL_PRICES);
  return stated ?? (id.startsWith(`${compatibleName(env)}/`) ? FREE : undefined);
}

/** Every provider of this deployment by the name that its models begin with. */
export function listProviders(env: ModelBindings): Readonly<Record<string, Provider>> {
  const name = compatibleName(env);
  const singleCall = { [name]: { parallel_tool_calls: false } };
  const looseFormat = { [name]: { strictJsonSchema: false } };
  return { ...BUILT_IN, [name]: { ...compatible, singleCall, looseFormat } };
}

function unset(name: string, value: string | undefined): string | undefined {
  return value === undefined || value === '' ? `"${name}" must be set` : undefined;
}

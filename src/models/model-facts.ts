/**
 * What models can do, so that nobody is asked for what he cannot.
 *
 * A vendor's model that is not in the table is taken for a language model that calls tools and streams,
 * with a context that nobody knows; the operator's `MODEL_CAPABILITIES` wins over both. No model is shown
 * pictures or sounds here, whatever its vendor lets it see: nothing is passed on that no scanner can read.
 *
 * @module
 */

import type { ModelBindings } from './model-bindings.ts';

export interface ModelFacts {
  readonly kind: 'language' | 'embedding';
  readonly tools: boolean;
  readonly vision: false;
  readonly streaming: boolean;
  /** Of one request and its reply, or of one text that is embedded; absent where nobody says. */
  readonly contextTokens?: number;
  /** Places of the vectors of an embedding model. */
  readonly dimensions?: number;
}

/** What a request asks of a model. */
export interface ModelNeeds {
  readonly kind: ModelFacts['kind'];
  /** The client brings tools that the model is to call. */
  readonly tools: boolean;
  readonly streaming: boolean;
  /** Not more than the request really has. */
  readonly inputTokens: number;
}

export type Incapability = 'kind' | 'tools' | 'streaming' | 'context';

const LANGUAGE: ModelFacts = { kind: 'language', tools: true, vision: false, streaming: true };
const EMBEDDING: ModelFacts = { ...LANGUAGE, kind: 'embedding', tools: false, streaming: false };

const MILLION: ModelFacts = { ...LANGUAGE, contextTokens: 1_000_000 };
const GEMINI: ModelFacts = { ...LANGUAGE, contextTokens: 1_048_576 };
const GPT: ModelFacts = { ...LANGUAGE, contextTokens: 1_050_000 };

/** From the vendors' pages as of November 2026. */
const FACTS: Readonly<Record<string, ModelFacts>> = {
  'embedded/planner': LANGUAGE,
  'embedded/script': LANGUAGE,
  'embedded/lexical': { ...EMBEDDING, dimensions: 512 },
  'anthropic/claude-fable-5-1': MILLION,
  'anthropic/claude-opus-5-5': MILLION,
  'anthropic/claude-sonnet-5-5': MILLION,
  'anthropic/claude-haiku-5-5': MILLION,
  'anthropic/claude-sonnet-4-6': MILLION,
  'anthropic/claude-haiku-4-5': { ...LANGUAGE, contextTokens: 200_000 },
  'openai/gpt-6-astra': GPT,
  'openai/gpt-6.1-sol': GPT,
  'openai/gpt-6-luna': GPT,
  'openai/text-embedding-3-large': { ...EMBEDDING, contextTokens: 8_192, dimensions: 3_072 },
  'openai/text-embedding-3-small': { ...EMBEDDING, contextTokens: 8_192, dimensions: 1_536 },
  'google/gemini-3.8-flash': GEMINI,
  'google/gemini-2.5-pro': GEMINI,
  'google/gemini-2.5-flash': GEMINI,
  'google/gemini-embedding-001': { ...EMBEDDING, contextTokens: 2_048, dimensions: 3_072 },
  'workers-ai/@cf/baai/bge-m3': { ...EMBEDDING, contextTokens: 60_000, dimensions: 1_024 },
  'workers-ai/@cf/baai/bge-small-en-v1.5': { ...EMBEDDING, contextTokens: 512, dimensions: 384 },
  'workers-ai/@cf/baai/bge-base-en-v1.5': { ...EMBEDDING, contextTokens: 512, dimensions: 768 },
  'workers-ai/@cf/baai/bge-large-en-v1.5': { ...EMBEDDING, contextTokens: 512, dimensions: 1_024 },
  'workers-ai/@cf/openai/gpt-oss-120b': { ...LANGUAGE, contextTokens: 128_000 },
  'workers-ai/@cf/meta/llama-3.3-70b-instruct-fp8-fast': { ...LANGUAGE, contextTokens: 24_000 },
};

/** Vendors name models that make vectors so; what is neither in the table nor named so talks. */
const EMBEDDING_NAME = /\b(?:embed|bge-(?!reranker))/i;

export function factsOf(env: Pick<ModelBindings, 'MODEL_CAPABILITIES'>, id: string): ModelFacts {
  const usual = EMBEDDING_NAME.test(id) && !id.startsWith('embedded/') ? EMBEDDING : LANGUAGE;
  const known = Object.hasOwn(FACTS, id) ? FACTS[id] : undefined;
  return { ...(known ?? usual), ...readStated(env.MODEL_CAPABILITIES, id) };
}

/** What of the needs the model does not meet; nothing if it meets them all. */
export function findIncapability(facts: ModelFacts, needs: ModelNeeds): Incapability | undefined {
  if (facts.kind !== needs.kind) return 'kind';
  if (needs.tools && !facts.tools) return 'tools';
  if (needs.streaming && !facts.streaming) return 'streaming';
  return needs.inputTokens > (facts.contextTokens ?? Infinity) ? 'context' : undefined;
}

/** What is malformed is ignored, member by member. */
function readStated(text: string | undefined, id: string): Partial<ModelFacts> {
  const stated = readObject(text)?.[id];
  if (typeof stated !== 'object' || stated === null) return {};
  const { kind, tools, streaming, contextTokens, dimensions }: Record<string, unknown> = {
    ...stated,
  };
  return {
    ...((kind === 'language' || kind === 'embedding') && { kind }),
    ...(typeof tools === 'boolean' && { tools }),
    ...(typeof streaming === 'boolean' && { streaming }),
    ...(isCount(contextTokens) && { contextTokens }),
    ...(isCount(dimensions) && { dimensions }),
  };
}

function readObject(text: string | undefined): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text ?? '{}');
    return typeof value === 'object' && value !== null ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value > 0;
}

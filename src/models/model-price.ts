/**
 * What models cost, so that budgets in money can be kept.
 *
 * List prices without discounts for cached input: the budget is never charged less than the bill.
 * Prices change; `MODEL_PRICES` overrides the table. A vendor's model that is in neither is
 * counted at {@link UNKNOWN_PRICE}, so that a new name is never free by accident.
 *
 * @module
 */

import type { Usage } from '../core/conversation/usage.ts';

/** USD per million tokens, which is the same number as micro-USD per token. */
export interface ModelPrice {
  readonly input: number;
  readonly output: number;
  /** The price of a whole request whose prompt is longer than so many tokens. */
  readonly long?: { readonly aboveTokens: number; readonly input: number; readonly output: number };
}

export const FREE: ModelPrice = { input: 0, output: 0 };

/** Above every price in the table. */
export const UNKNOWN_PRICE: ModelPrice = { input: 30, output: 180 };

/** From the vendors' price lists as of November 2026. */
const PRICES: Readonly<Record<string, ModelPrice>> = {
  'anthropic/claude-fable-5-1': { input: 10, output: 50 },
  'anthropic/claude-opus-5-5': { input: 4, output: 20 },
  'anthropic/claude-sonnet-5-5': { input: 2, output: 10 },
  'anthropic/claude-haiku-5-5': {
    input: 0.1,
    output: 0.5,
    long: { aboveTokens: 100_000, input: 0.5, output: 2.5 },
  },
  'anthropic/claude-sonnet-4-6': { input: 3, output: 15 },
  'anthropic/claude-haiku-4-5': { input: 1, output: 5 },
  'openai/gpt-6-astra': { input: 10, output: 50 },
  'openai/gpt-6.1-sol': {
    input: 2,
    output: 10,
    long: { aboveTokens: 272_000, input: 4, output: 15 },
  },
  'openai/gpt-6-luna': { input: 0.1, output: 0.5 },
  'openai/gpt-5.6-terra': { input: 2, output: 12 },
  'openai/gpt-5.4-mini': { input: 0.75, output: 4.5 },
  'openai/text-embedding-3-large': { input: 0.13, output: 0 },
  'openai/text-embedding-3-small': { input: 0.02, output: 0 },
  'google/gemini-3.8-flash': { input: 0.75, output: 3.75 },
  'google/gemini-2.5-pro': {
    input: 1.25,
    output: 10,
    long: { aboveTokens: 200_000, input: 2.5, output: 15 },
  },
  'google/gemini-2.5-flash': { input: 0.3, output: 2.5 },
  'google/gemini-embedding-001': { input: 0.15, output: 0 },
  'workers-ai/@cf/baai/bge-m3': { input: 0.012, output: 0 },
  'workers-ai/@cf/baai/bge-small-en-v1.5': { input: 0.02, output: 0 },
  'workers-ai/@cf/baai/bge-base-en-v1.5': { input: 0.067, output: 0 },
  'workers-ai/@cf/baai/bge-large-en-v1.5': { input: 0.204, output: 0 },
  'workers-ai/@cf/openai/gpt-oss-120b': { input: 0.35, output: 0.75 },
  'workers-ai/@cf/meta/llama-3.3-70b-instruct-fp8-fast': { input: 0.3, output: 2.26 },
};

/**
 * The price of a vendor's model; nothing if neither the operator nor the table knows it. `overrides` is
 * the text of `MODEL_PRICES`.
 */
export function statedPrice(model: string, overrides: string | undefined): ModelPrice | undefined {
  return readOverride(model, overrides) ?? PRICES[model];
}

/** Names of the models in the table that belong to a provider. */
export function pricedModels(provider: string): readonly string[] {
  return Object.keys(PRICES).filter((model) => model.startsWith(`${provider}/`));
}

/** Rounded up to whole micro-USD, so that many small calls are not free. */
export function toUsage(price: ModelPrice, inputTokens: number, outputTokens: number): Usage {
  const { long } = price;
  const { input, output } = long !== undefined && inputTokens > long.aboveTokens ? long : price;
  const costMicroUsd = Math.ceil(inputTokens * input + outputTokens * output);
  return { inputTokens, outputTokens, costMicroUsd };
}

/** Micro-USD of a token of a prompt that has so many. */
export function inputRate({ input, long }: ModelPrice, inputTokens: number): number {
  return long !== undefined && inputTokens > long.aboveTokens ? long.input : input;
}

/** Malformed overrides are ignored: the table and its fallback hold, which charge, not give. */
function readOverride(model: string, overrides: string | undefined): ModelPrice | undefined {
  if (overrides === undefined) return undefined;
  try {
    const table: unknown = JSON.parse(overrides);
    if (typeof table !== 'object' || table === null || !Object.hasOwn(table, model)) {
      return undefined;
    }
    const pair: unknown = (table as Record<string, unknown>)[model];
    if (!Array.isArray(pair)) return undefined;
    const [input, output]: unknown[] = pair;
    return isPrice(input) && isPrice(output) ? { input, output } : undefined;
  } catch {
    return undefined;
  }
}

function isPrice(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0;
}

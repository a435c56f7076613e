/**
 * `embedded/lexical`: vectors without a key, by hashing what is written instead of a trained model.
 *
 * @module
 */

import {
  embedLexically,
  LEXICAL_DIMENSIONS,
  MIN_LEXICAL_DIMENSIONS,
} from '../../core/embedding/lexical-embedding.ts';
import { estimateTokens, reserveText } from '../count-tokens.ts';
import type { EmbeddingPort } from '../embedding-port.ts';

export const lexicalModel: EmbeddingPort = {
  dimensions: {
    usual: LEXICAL_DIMENSIONS,
    least: MIN_LEXICAL_DIMENSIONS,
    most: LEXICAL_DIMENSIONS,
  },
  reserve: (texts) => toUsage(sum(texts, reserveText)),
  textsAtOnce: async () => Number.MAX_SAFE_INTEGER,
  async embed({ texts, dimensions = LEXICAL_DIMENSIONS }) {
    const vectors = texts.map((text) => embedLexically(text, dimensions));
    return { vectors, usage: toUsage(sum(texts, ({ length }) => estimateTokens(length))) };
  },
};

function toUsage(inputTokens: number) {
  return { inputTokens, outputTokens: 0, costMicroUsd: 0 };
}

function sum(texts: readonly string[], size: (text: string) => number): number {
  return texts.reduce((total, text) => total + size(text), 0);
}

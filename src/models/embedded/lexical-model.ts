/**
 * `embedded/lexical`: vectors without a key, by hashing what is written instead of a trained model.
 *
 * @module
 */

import { estimateTokens } from '../../core/conversation/estimate-tokens.ts';
import {
  embedLexically,
  LEXICAL_DIMENSIONS,
  MIN_LEXICAL_DIMENSIONS,
} from '../../core/embedding/lexical-embedding.ts';
import { reserveText, sum } from '../count-tokens.ts';
import type { EmbeddingPort } from '../embedding-port.ts';
import { FREE, toUsage } from '../model-price.ts';

export const lexicalModel: EmbeddingPort = {
  dimensions: {
    usual: LEXICAL_DIMENSIONS,
    least: MIN_LEXICAL_DIMENSIONS,
    most: LEXICAL_DIMENSIONS,
  },
  reserve: (texts) => toUsage(FREE, sum(texts, reserveText), 0),
  textsAtOnce: async () => Number.MAX_SAFE_INTEGER,
  async embed({ texts, dimensions = LEXICAL_DIMENSIONS }) {
    const vectors = texts.map((text) => embedLexically(text, dimensions));
    return {
      vectors,
      usage: toUsage(
        FREE,
        sum(texts, ({ length }) => estimateTokens(length)),
        0,
      ),
    };
  },
};

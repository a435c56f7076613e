/**
 * A model that turns texts into vectors, by whatever provider.
 *
 * @module
 */

import type { Usage } from '../core/conversation/usage.ts';

export interface EmbeddingRequest {
  readonly texts: readonly string[];
  /** Places of each vector, where the caller says so. */
  readonly dimensions?: number;
}

export interface Embedded {
  /** In the order of the texts, one for each. */
  readonly vectors: readonly (readonly number[])[];
  readonly usage: Usage;
}

export interface EmbeddingPort {
  readonly dimensions: {
    /** Where the request does not say, as far as that is known before it is asked. */
    readonly usual: number;
    readonly least: number;
    readonly most: number;
  };
  /** What the texts cost at most: integer micro-USD and tokens. */
  reserve(texts: readonly string[]): Usage;
  /** Most texts of one request. */
  textsAtOnce(): Promise<number>;
  /** One request. @throws ModelFault, which may be worth a retry; one that failed costs nothing. */
  embed(request: EmbeddingRequest, signal: AbortSignal): Promise<Embedded>;
}

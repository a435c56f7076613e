/**
 * What makes vectors of memories, for the turn of a principal: the gateway itself, or the provider that
 * the policy of the workspace names and the principal may ask.
 *
 * Without vectors memories are found by their words, so nothing here fails a call: whoever may not have
 * any, has nothing left to spend, or has to wait too long goes on without.
 *
 * @module
 */

import type { Turn } from '../core/conversation/turn.ts';
import { embedLexically } from '../core/embedding/lexical-embedding.ts';
import { packVector } from '../core/embedding/packed-vector.ts';
import { usableModels } from '../core/policy/model-access.ts';
import { isEmbeddedModel } from '../core/policy/model-name.ts';
import type { MemoryEmbedder } from '../tiers/built-in/memory-tools.ts';
import type { GatewayBindings } from './bindings.ts';
import { embedTexts } from './embed-texts.ts';

/** Longest that a call waits for vectors, in milliseconds. */
const PATIENCE_MS = 5_000;

export function createMemoryEmbedder(
  env: GatewayBindings,
  { authority, sessionId, requestId }: Turn,
  defer: (work: Promise<unknown>) => void,
): MemoryEmbedder | undefined {
  const { embeddings: model } = authority.policy.memory;
  if (model === undefined) return undefined;
  const { principal } = authority;
  const embed = async (texts: readonly string[]) => {
    if (isEmbeddedModel(model)) return pack(texts.map((text) => embedLexically(text)));
    const now = Date.now();
    if (usableModels(authority, model, { use: 'provider:embedding', now }).length === 0) {
      return undefined;
    }
    const order = { model, texts, sessionId, operation: 'memory', patienceMs: PATIENCE_MS };
    const embedded = await embedTexts(env, { principal, requestId }, order).catch(() => undefined);
    return embedded && pack(embedded.vectors);
  };
  return { model, embed, defer };
}

/** What has no direction, such as a text without words, has an empty one, which resembles nothing. */
function pack(vectors: readonly (readonly number[])[]): readonly Uint8Array[] {
  return vectors.map((vector) => packVector(vector) ?? new Uint8Array());
}

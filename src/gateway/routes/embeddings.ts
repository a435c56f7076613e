/**
 * `/v1/embeddings` in OpenAI's shape. Which models a caller may ask is `provider:embedding:<model>`, for
 * what runs in the gateway itself too.
 *
 * @module
 */

import { actorOf } from '../actor-of.ts';
import { embedTexts } from '../embed-texts.ts';
import { json } from '../json-response.ts';
import { newSessionId } from '../open-session.ts';
import {
  embeddingBody,
  embeddingList,
  toEmbeddingList,
  toTexts,
} from '../openai/embedding-body.ts';
import { defineRoute, type Route } from '../route.ts';

const OPERATION = 'createEmbedding';

const createEmbedding = defineRoute(
  {
    method: 'POST',
    path: '/v1/embeddings',
    operation: OPERATION,
    summary: 'Turn texts into vectors, in the shape of OpenAI',
    tag: 'openai',
    // Decided by the workspace, which knows what the name of the model stands for.
    access: 'any-principal',
    body: embeddingBody,
    success: { status: 200, describes: embeddingList },
    errorShape: 'openai',
  },
  async (request) => {
    const { env, body } = request;
    const { model, input, dimensions, encoding_format: format } = body;
    const embedded = await embedTexts(env, actorOf(request), {
      model,
      texts: toTexts(input),
      ...(typeof dimensions === 'number' && { dimensions }),
      sessionId: newSessionId(request, OPERATION),
      operation: OPERATION,
    });
    return json(toEmbeddingList(embedded, format));
  },
);

export const embeddingRoutes: readonly Route[] = [createEmbedding];

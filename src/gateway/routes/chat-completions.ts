/**
 * `/v1/chat/completions` and `/v1/models` in OpenAI's shape. The agent's tool calls run inside the
 * gateway; the client sees the answer. A lost connection cancels the turn.
 *
 * @module
 */

import * as z from 'zod';
import type { AdmitTurn } from '../../blocks/session/session-api.ts';
import { openSession, type SessionClient } from '../../blocks/session/session-client.ts';
import type { TurnId } from '../../core/primitives/ids.ts';
import { listModels } from '../../models/model-catalogue.ts';
import { toChatCompletion, writeChunks } from '../chat-completion.ts';
import { chatMessage, toMessages } from '../chat-messages.ts';
import { toEventStreamResponse } from '../event-stream.ts';
import { json } from '../json-response.ts';
import { newSessionId } from '../open-session.ts';
import { Refusal } from '../refusal.ts';
import { requireModel } from '../require-model.ts';
import { defineRoute, type Route, type RouteRequest } from '../route.ts';
import { toRefusal } from './turns.ts';

const MAX_WAIT_MS = 180_000;
/** Kept for a day, so that an idempotency key finds its answer, then deleted. */
const KEEP_MS = 86_400_000;

const chatBody = z.strictObject({
  model: z.string().max(200),
  messages: z.array(chatMessage).min(1).max(1_000),
  stream: z.boolean().nullish(),
  stream_options: z.looseObject({ include_usage: z.boolean().optional() }).nullish(),
  n: z.literal(1).nullish(),
  user: z.string().max(512).optional(),
  // Taken, since clients send them, and left to the model's provider defaults.
  temperature: z.number().min(0).max(2).nullish(),
  top_p: z.number().min(0).max(1).nullish(),
  max_tokens: z.number().int().min(1).nullish(),
  max_completion_tokens: z.number().int().min(1).nullish(),
  metadata: z.record(z.string(), z.string()).nullish(),
  store: z.boolean().nullish(),
});

type ChatRequest = RouteRequest<z.infer<typeof chatBody>, undefined>;

const chatCompletions = defineRoute(
  {
    method: 'POST',
    path: '/v1/chat/completions',
    operation: 'createChatCompletion',
    summary: 'Run one turn over the given messages, in the shape of OpenAI',
    tag: 'openai',
    access: 'session:turn',
    body: chatBody,
    success: { status: 200, describes: z.looseObject({ id: z.string(), object: z.string() }) },
    idempotency: 'own',
    openAiErrors: true,
  },
  async (request) => {
    requireModel(request.env, request.body.model);
    const sessionId = newSessionId(request, 'createChatCompletion');
    const session = openSession(request.env, request.caller.principal.workspace, sessionId);
    const admitted = await session.admitTurn(toAdmission(request, sessionId));
    if (!admitted.ok) throw toRefusal(admitted.error);
    const { turnId } = admitted.value;
    return request.body.stream
      ? stream(request, session, turnId)
      : answer(request, session, turnId);
  },
);

function toAdmission(request: ChatRequest, sessionId: AdmitTurn['sessionId']): AdmitTurn {
  const { caller, requestId, idempotency, body } = request;
  const { principal } = caller;
  const messages = toMessages(body.messages);
  if (!messages.ok) throw new Refusal('invalid_body', { errors: [messages.error] });
  return {
    sessionId,
    principal,
    requestId,
    driver: { kind: 'model', model: body.model },
    messages: messages.value,
    create: { sessionId, principal, requestId, ephemeralMs: KEEP_MS },
    ...(idempotency && { idempotency }),
  };
}

/** Answers as JSON; whoever hangs up meanwhile cancels the turn. */
async function answer(
  request: ChatRequest,
  session: SessionClient,
  turnId: TurnId,
): Promise<Response> {
  const { raw, execution, caller, requestId, body } = request;
  const onLost = () => execution.waitUntil(session.cancelTurn(turnId, caller.principal, requestId));
  raw.signal.addEventListener('abort', onLost, { once: true });
  const summary = await session.awaitTurn(turnId, MAX_WAIT_MS);
  raw.signal.removeEventListener('abort', onLost);
  if (summary === undefined) throw new Refusal('deadline_exceeded');
  if (summary.status === 'finished') return json(toChatCompletion(summary, body.model, Date.now()));
  const code =
    summary.code === undefined || summary.code === 'cancelled' ? 'conflict' : summary.code;
  throw new Refusal(code, summary.code === 'cancelled' ? { detail: 'The turn was cancelled' } : {});
}

function stream(request: ChatRequest, session: SessionClient, turnId: TurnId): Response {
  const { execution, caller, requestId, body } = request;
  return toEventStreamResponse({
    read: (afterId, waitMs) => session.events(turnId, afterId, waitMs),
    write: writeChunks({
      turnId,
      model: body.model,
      createdAt: Date.now(),
      includeUsage: body.stream_options?.include_usage === true,
    }),
    tail: 'data: [DONE]\n\n',
    afterId: 0,
    onLost: () => execution.waitUntil(session.cancelTurn(turnId, caller.principal, requestId)),
  });
}

const models = defineRoute(
  {
    method: 'GET',
    path: '/v1/models',
    operation: 'listModels',
    summary: 'List the models of this deployment',
    tag: 'openai',
    access: 'any-principal',
    success: {
      status: 200,
      describes: z.object({
        object: z.literal('list'),
        data: z.array(z.looseObject({ id: z.string(), object: z.literal('model') })),
      }),
    },
    openAiErrors: true,
  },
  async ({ env }) =>
    json({
      object: 'list',
      data: listModels(env).map(({ id, description }) => ({
        id,
        object: 'model',
        created: 0,
        owned_by: id.split('/')[0],
        description,
      })),
    }),
);

export const openAiRoutes: readonly Route[] = [models, chatCompletions];

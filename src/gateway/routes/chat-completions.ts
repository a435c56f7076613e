/**
 * `/v1/chat/completions` in OpenAI's shape. The agent's tool calls run inside the gateway, those of the
 * client's own tools are handed over to it. A lost connection cancels the turn.
 *
 * @module
 */

import { admitWhole, awaitReading, streamClientTurn } from '../client-turn.ts';
import { json } from '../json-response.ts';
import { chatBody, toChatWishes } from '../openai/chat-body.ts';
import { toChatCompletion, writeChunks } from '../openai/chat-completion.ts';
import { chatCompletion } from '../openai/chat-completion-shape.ts';
import { toMessages } from '../openai/chat-messages.ts';
import { invalidBody } from '../refusal.ts';
import { defineRoute, type Route } from '../route.ts';

const chatCompletions = defineRoute(
  {
    method: 'POST',
    path: '/v1/chat/completions',
    operation: 'createChatCompletion',
    summary: 'Run one turn over the given messages, in the shape of OpenAI',
    tag: 'openai',
    access: 'session:turn',
    body: chatBody,
    success: {
      status: 200,
      describes: chatCompletion,
      also: ['stream'],
    },
    idempotency: 'own',
    errorShape: 'openai',
  },
  async (request) => {
    const { body } = request;
    const messages = toMessages(body.messages);
    if (!messages.ok) throw invalidBody(messages.error);
    const turn = await admitWhole(request, {
      operation: 'createChatCompletion',
      model: body.model,
      messages: messages.value,
      wishes: toChatWishes(body),
      streams: body.stream === true,
    });
    const completion = { turnId: turn.turnId, model: body.model, createdAt: Date.now() };
    if (!body.stream) {
      return json(toChatCompletion(completion, await awaitReading(request, turn)));
    }
    const includeUsage = body.stream_options?.include_usage === true;
    const write = writeChunks(completion, includeUsage);
    return streamClientTurn(request, turn, { write, tail: 'data: [DONE]\n\n' });
  },
);

export const chatRoutes: readonly Route[] = [chatCompletions];

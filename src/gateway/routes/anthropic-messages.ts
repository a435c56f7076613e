/**
 * `/v1/messages` in Anthropic's shape: the agent's tool calls run inside the gateway, those of the
 * client's own tools are handed over to it. A lost connection cancels the turn.
 *
 * @module
 */

import * as z from 'zod';
import type { Message } from '../../core/conversation/message.ts';
import { reserveTokens } from '../../models/count-tokens.ts';
import { toAnthropicMessage, writeMessageEvents } from '../anthropic/anthropic-message.ts';
import { toMessages } from '../anthropic/anthropic-messages.ts';
import { message } from '../anthropic/message-shape.ts';
import {
  countBody,
  messagesBody,
  toAnthropicToolWishes,
  toMessagesWishes,
} from '../anthropic/messages-body.ts';
import { admitWhole, awaitReading, streamClientTurn } from '../client-turn.ts';
import { json } from '../json-response.ts';
import { invalidBody, Refusal } from '../refusal.ts';
import { requireModel } from '../require-model.ts';
import { defineRoute, type Route } from '../route.ts';

const createMessage = defineRoute(
  {
    method: 'POST',
    path: '/v1/messages',
    operation: 'createMessage',
    summary: 'Run one turn over the given messages, in the shape of Anthropic',
    tag: 'anthropic',
    access: 'session:turn',
    body: messagesBody,
    success: {
      status: 200,
      describes: message,
      also: ['stream'],
    },
    idempotency: 'own',
    errorShape: 'anthropic',
    takesApiKey: true,
  },
  async (request) => {
    const { body } = request;
    if (body.thread) throw noThreads();
    const { model } = body;
    const messages = readMessages(body);
    const wishes = toMessagesWishes(body);
    const streams = body.stream === true;
    const asked = { operation: 'createMessage', model, messages, wishes, streams };
    const turn = await admitWhole(request, asked);
    const frame = { turnId: turn.turnId, model };
    if (streams) {
      const inputTokens = reserveTokens({ messages, tools: wishes.tools });
      return streamClientTurn(request, turn, {
        write: writeMessageEvents({ ...frame, inputTokens }),
      });
    }
    return json(toAnthropicMessage(frame, await awaitReading(request, turn)));
  },
);

const countTokens = defineRoute(
  {
    method: 'POST',
    path: '/v1/messages/count_tokens',
    operation: 'countTokens',
    summary:
      'Estimate, from above, how many tokens a request has; tools of the workspace are not counted',
    tag: 'anthropic',
    access: 'session:turn',
    body: countBody,
    success: { status: 200, describes: z.object({ input_tokens: z.number() }) },
    errorShape: 'anthropic',
    takesApiKey: true,
  },
  async (request) => {
    const { body } = request;
    requireModel(request, body.model);
    const { tools } = toAnthropicToolWishes(body);
    return json({ input_tokens: reserveTokens({ messages: readMessages(body), tools }) });
  },
);

/** Under this reason the vendor's client sends the whole conversation instead. */
function noThreads(): Refusal {
  return new Refusal('bad_request', {
    reason: 'thread_unsupported_request',
    detail: 'Cannot go on with a thread: the request must hold the whole conversation',
  });
}

function readMessages({
  messages,
  system,
}: Pick<z.infer<typeof countBody>, 'messages' | 'system'>): readonly Message[] {
  const read = toMessages(messages, system);
  if (!read.ok) throw invalidBody(read.error);
  return read.value;
}

export const anthropicRoutes: readonly Route[] = [createMessage, countTokens];

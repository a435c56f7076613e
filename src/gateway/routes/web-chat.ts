/**
 * Web chats: somebody who may speak on the channel says who a page's visitor is, and the page connects
 * with the ticket that he gets for it.
 *
 * @module
 */

import * as z from 'zod';
import { CHAT_HEADER, type ChatRequest } from '../../blocks/channel/channel-api.ts';
import { openChannels } from '../../blocks/channel/channel-client.ts';
import { CHANNEL_NAME } from '../../core/channels/channel-spec.ts';
import { parseWorkspaceId } from '../../core/primitives/ids.ts';
import { namedActorOf } from '../actor-of.ts';
import { SHOWN_ONCE } from '../idempotency.ts';
import { json } from '../json-response.ts';
import { hearRefusedLogin } from '../record-refused-login.ts';
import { found, Refusal } from '../refusal.ts';
import { requireChannel } from '../require-channel.ts';
import { defineRoute, type Route } from '../route.ts';

const issueChatTicket = defineRoute(
  {
    method: 'POST',
    path: '/v1/channels/{name}/tickets',
    operation: 'issueChatTicket',
    summary: 'Let a page connect to a web chat, once and within a minute, as this visitor',
    tag: 'channels',
    access: 'any-principal',
    body: z.strictObject({ sender: z.string().min(1).max(256) }),
    success: { status: 201, describes: z.object({ ticket: z.string(), expiresAt: z.number() }) },
    idempotency: 'replay',
  },
  async (request) => {
    const channel = request.params.name ?? '';
    for (const verb of ['send', 'receive'] as const) {
      await requireChannel(request, 'issueChatTicket', { verb, name: channel });
    }
    const { env, caller, body } = request;
    const channels = openChannels(env, caller.principal.workspace);
    const order = { channel, sender: body.sender };
    const issued = await channels.issueChatTicket(namedActorOf(request), order);
    return json(found(issued, 'channel'), 201, { [SHOWN_ONCE]: '1' });
  },
);

const connectChat = defineRoute(
  {
    method: 'GET',
    path: '/v1/web-chats/{workspace}/{channel}',
    operation: 'connectChat',
    summary: 'The WebSocket of a web chat, for a page of the origins that the channel names',
    tag: 'channels',
    access: 'public',
    provesItself: true,
    judgesOrigin: true,
    query: z.strictObject({ ticket: z.string().max(2_048) }),
    success: { status: 101, describes: 'websocket' },
  },
  async (request) => {
    const { env, raw, params, query } = request;
    if (raw.headers.get('Upgrade')?.toLowerCase() !== 'websocket') {
      throw new Refusal('bad_request', {
        detail: 'Cannot connect to the chat: the request must ask for "Upgrade: websocket"',
      });
    }
    const workspace = parseWorkspaceId(params.workspace ?? '');
    const channel = params.channel ?? '';
    const origin = raw.headers.get('Origin') ?? '';
    const asked = { channel, ticket: query.ticket, origin };
    const isNamed = workspace !== undefined && CHANNEL_NAME.test(channel);
    const answer = isNamed && (await openChannels(env, workspace).fetch(toRequest(asked)));
    if (answer && answer.webSocket !== null) {
      return new Response(null, { status: 101, webSocket: answer.webSocket });
    }
    const status = answer ? answer.status : 401;
    if (status === 401) hearRefusedLogin(request);
    throw refusalOf(status);
  },
);

function toRequest(asked: ChatRequest): Request {
  const headers = {
    Upgrade: 'websocket',
    [CHAT_HEADER]: encodeURIComponent(JSON.stringify(asked)),
  };
  return new Request('https://channels/connect', { headers });
}

function refusalOf(status: number): Refusal {
  switch (status) {
    case 403:
      return new Refusal('origin_refused', {
        detail: 'Cannot connect to the chat: its channel must name the Origin of the page',
      });
    case 429:
      return new Refusal('limit_reached', { detail: 'Cannot connect to the chat: too many have' });
    default:
      return new Refusal('unauthenticated', {
        detail: 'Cannot connect to the chat: the ticket must be live, unused and of this channel',
      });
  }
}

export const webChatRoutes: readonly Route[] = [issueChatTicket, connectChat];

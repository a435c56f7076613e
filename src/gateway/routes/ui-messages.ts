/**
 * `/v1/ui/messages`: a chat of a web front end made with the AI SDK. Each chat of a principal is a session
 * of its own; a lost connection does not end a turn, which the front end takes up again.
 *
 * @module
 */

import type * as z from 'zod';
import { sha256Hex } from '../../blocks/kit/keys.ts';
import type { AdmitTurn, TurnReader } from '../../blocks/session/session-api.ts';
import { openSession, type SessionClient } from '../../blocks/session/session-client.ts';
import { toUserMessage } from '../client-messages.ts';
import { admitClientTurn } from '../client-turn.ts';
import { readerOf, toEventStreamResponse } from '../event-stream.ts';
import { noContent } from '../json-response.ts';
import {
  KEEP_CONVERSATION_MS,
  newSessionId,
  type OpenTurn,
  sessionOfApproval,
} from '../open-session.ts';
import { Refusal } from '../refusal.ts';
import { toDriver } from '../require-model.ts';
import { defineRoute, type Route, type RouteRequest } from '../route.ts';
import { fromDecision } from '../session-refusal.ts';
import { toUiWish, type UiDecision, type UiWish, uiBody } from '../ui/ui-body.ts';
import { writeUiChunks } from '../ui/ui-message-chunks.ts';

type UiRequest = Pick<
  RouteRequest<z.infer<typeof uiBody>, undefined>,
  'env' | 'caller' | 'requestId' | 'body'
>;

const sendMessages = defineRoute(
  {
    method: 'POST',
    path: '/v1/ui/messages',
    operation: 'sendUiMessages',
    summary: 'Say something in a chat, as a UI message stream of the AI SDK',
    tag: 'ui',
    access: 'session:turn',
    body: uiBody,
    success: { status: 200, describes: 'stream', also: [204] },
  },
  async (request) => {
    const wish = toUiWish(request.body);
    const session = openChat(request, request.body.id);
    if (wish.kind === 'decided') {
      await decideAll(request, session, wish.decisions);
      return streamActive(session, readerOf(request, 'session:turn'));
    }
    const admission = toAdmission(request, session, wish);
    const turn = await admitClientTurn(request, admission);
    return streamTurn(turn, readerOf(request, 'session:turn'));
  },
);

const resumeStream = defineRoute(
  {
    method: 'GET',
    path: '/v1/ui/messages/{chat}/stream',
    operation: 'resumeUiStream',
    summary: 'Take up the turn of a chat that has not ended; 204 where there is none',
    tag: 'ui',
    access: 'session:read',
    success: { status: 200, describes: 'stream', also: [204] },
  },
  async (request) =>
    streamActive(openChat(request, request.params.chat ?? ''), readerOf(request, 'session:read')),
);

/** Always the same for the same principal and chat. */
function openChat({ env, caller }: Pick<UiRequest, 'env' | 'caller'>, chat: string): SessionClient {
  const idempotency = { key: chat, bodyHash: '' };
  const id = newSessionId({ env, caller, idempotency }, 'sendUiMessages');
  return openSession(env, caller.principal.workspace, id);
}

/** A message that is sent twice, under the same id, is said once. */
function toAdmission(
  request: UiRequest,
  { sessionId }: SessionClient,
  { messageId, text }: Extract<UiWish, { kind: 'said' }>,
): AdmitTurn {
  const { caller, requestId, body } = request;
  const { principal } = caller;
  return {
    sessionId,
    principal,
    requestId,
    driver: toDriver(request, body.model, true),
    messages: [toUserMessage(text)],
    create: { sessionId, principal, requestId, ephemeralMs: KEEP_CONVERSATION_MS },
    idempotency: { key: `ui:${messageId}`, bodyHash: sha256Hex(text) },
  };
}

/** The approvals must be of this chat; whether the caller may decide them the session says. */
async function decideAll(
  request: UiRequest,
  session: SessionClient,
  decisions: readonly UiDecision[],
): Promise<void> {
  const { caller, requestId } = request;
  for (const { id, decision } of decisions) {
    const owner = sessionOfApproval(request, id);
    if (owner?.sessionId !== session.sessionId) throw new Refusal('not_found');
    const asked = { id, decision, decider: caller.principal, requestId };
    const decided = await session.decideApproval(asked);
    if (!decided.ok) throw fromDecision(decided.error);
  }
}

async function streamActive(session: SessionClient, reader: TurnReader): Promise<Response> {
  const turnId = (await session.describe())?.activeTurn;
  return turnId === undefined ? noContent() : streamTurn({ session, turnId }, reader);
}

function streamTurn(turn: OpenTurn, reader: TurnReader): Response {
  const response = toEventStreamResponse(turn, {
    reader,
    write: writeUiChunks(turn.turnId),
    tail: 'data: [DONE]\n\n',
  });
  response.headers.set('x-vercel-ai-ui-message-stream', 'v1');
  return response;
}

export const uiRoutes: readonly Route[] = [sendMessages, resumeStream];

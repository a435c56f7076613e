/**
 * `/v1/responses` in OpenAI's shape: each response is a turn, and one that names a previous response is
 * the next turn of the same session.
 *
 * @module
 */

import * as z from 'zod';
import type { AdmitTurn, TurnReader } from '../../blocks/session/session-api.ts';
import {
  admitClientTurn,
  awaitRest,
  readAllEvents,
  streamClientTurn,
  toNeeds,
} from '../client-turn.ts';
import { readerOf, toEventStreamResponse } from '../event-stream.ts';
import { readForeignId, toForeignId } from '../foreign-turn-id.ts';
import { json } from '../json-response.ts';
import {
  KEEP_CONVERSATION_MS,
  KEEP_REPEATABLE_MS,
  newTurnSessionId,
  type OpenTurn,
} from '../open-session.ts';
import { type ResolvedInput, resolveReferences } from '../openai/item-references.ts';
import { type ResponseBody, responseBody, toResponseWishes } from '../openai/response-body.ts';
import { toMessages } from '../openai/response-input.ts';
import { response } from '../openai/response-shape.ts';
import { ResponseWriter, writeResponseEvents } from '../openai/response-writer.ts';
import { found, invalidBody } from '../refusal.ts';
import { requireModel } from '../require-model.ts';
import { defineRoute, type Route, type RouteRequest } from '../route.ts';
import { fromFailure } from '../session-refusal.ts';

const createResponse = defineRoute(
  {
    method: 'POST',
    path: '/v1/responses',
    operation: 'createResponse',
    summary: 'Run one turn, in the shape of the responses of OpenAI',
    tag: 'openai',
    access: 'session:turn',
    body: responseBody,
    success: { status: 200, describes: response, also: ['stream'] },
    idempotency: 'own',
    errorShape: 'openai',
  },
  async (request) => {
    const input = await resolveReferences(request, request.body.input);
    const turn = await admitClientTurn(request, toAdmission(request, input));
    const writer = new ResponseWriter({
      id: toForeignId('resp', turn),
      echo: toEcho(request.body),
    });
    if (request.body.stream) {
      return streamClientTurn(request, turn, { write: writeResponseEvents(writer) });
    }
    const summary = found(await awaitRest(request, turn), 'response');
    // Clients look for a failure in the status, and come again by it.
    if (summary.status === 'failed') throw fromFailure(summary, 'turn');
    return json(await readResponse(turn, writer));
  },
);

function toAdmission(
  request: RouteRequest<ResponseBody, undefined>,
  input: ResolvedInput,
): AdmitTurn {
  const { body, caller, requestId, idempotency } = request;
  const { previous_response_id: previousId, instructions } = body;
  const previous = previousId ? responseOf(request, previousId) : undefined;
  const messages = toMessages(input, previous !== undefined);
  if (!messages.ok) throw invalidBody(messages.error);
  const wishes = toResponseWishes(body);
  const streams = body.stream === true;
  requireModel(request, body.model, toNeeds(messages.value, wishes, streams));
  const { principal } = caller;
  const sessionId = previous?.session.sessionId ?? newTurnSessionId(request, 'createResponse');
  const isStored = body.store !== false;
  return {
    sessionId,
    principal,
    requestId,
    driver: { kind: 'model', model: body.model, ...(streams && { streams }) },
    messages: messages.value,
    wishes,
    // Whoever keeps the response can come back for what a human has decided.
    ...(isStored && { onAsk: 'wait' }),
    ...(previous && { after: previous.turnId }),
    create: {
      sessionId,
      principal,
      requestId,
      // One that is not to be stored must still be found by an idempotency key.
      ephemeralMs: isStored ? KEEP_CONVERSATION_MS : KEEP_REPEATABLE_MS,
      ...(instructions && { system: instructions }),
    },
    ...(idempotency && { idempotency }),
  };
}

/** What the client has said of the response, as it reads it back. */
function toEcho(body: ResponseBody): object {
  const { model, instructions, max_output_tokens, metadata, previous_response_id, store } = body;
  const { parallel_tool_calls, temperature, text, tools, tool_choice, top_p } = body;
  const said = { instructions, max_output_tokens, metadata, previous_response_id, store };
  const called = { parallel_tool_calls, tools, tool_choice };
  const meant = { ...said, ...called, temperature, text, top_p };
  const isSaid = ([, value]: [string, unknown]) => value !== undefined && value !== null;
  return { model, ...Object.fromEntries(Object.entries(meant).filter(isSaid)) };
}

async function readResponse(turn: OpenTurn, writer: ResponseWriter): Promise<object> {
  for (const event of await readAllEvents(turn)) writer.take(event);
  return writer.response();
}

/** Of what the request said, only the model is kept. */
async function readStored(turn: OpenTurn): Promise<Response> {
  found(await turn.session.summary(turn.turnId), 'response');
  const writer = new ResponseWriter({ id: toForeignId('resp', turn), echo: {} });
  return json(await readResponse(turn, writer));
}

/** Its turn need not exist. */
function responseOf(
  request: Pick<RouteRequest<unknown, unknown>, 'env' | 'caller'>,
  id: string | undefined,
): OpenTurn {
  return found(readForeignId(request, 'resp', id ?? ''), 'response');
}

const retrieval = z.looseObject({
  stream: z.stringbool().default(false),
  /** Number of the last event of the stream that the client has. */
  starting_after: z.coerce.number().int().min(0).optional(),
});

/** From its first event on, or behind one. Who reads it leaves the turn alone. */
async function streamStored(
  turn: OpenTurn,
  reader: TurnReader,
  startingAfter: number | undefined,
): Promise<Response> {
  found(await turn.session.summary(turn.turnId), 'response');
  const writer = new ResponseWriter({ id: toForeignId('resp', turn), echo: {} });
  return toEventStreamResponse(turn, {
    write: writeResponseEvents(writer, startingAfter),
    reader,
  });
}

const retrieveResponse = defineRoute(
  {
    method: 'GET',
    path: '/v1/responses/{id}',
    operation: 'retrieveResponse',
    summary: 'Read how a response stands or ended, or its events',
    tag: 'openai',
    access: 'session:read',
    query: retrieval,
    success: { status: 200, describes: response, also: ['stream'] },
    errorShape: 'openai',
  },
  async (request) => {
    const { stream, starting_after: startingAfter } = request.query;
    const turn = responseOf(request, request.params.id);
    return stream
      ? streamStored(turn, readerOf(request, 'session:read'), startingAfter)
      : readStored(turn);
  },
);

const cancelResponse = defineRoute(
  {
    method: 'POST',
    path: '/v1/responses/{id}/cancel',
    operation: 'cancelResponse',
    summary: 'Cancel a response that has not ended; one that has stays as it is',
    tag: 'openai',
    access: 'session:cancel',
    success: { status: 200, describes: response },
    errorShape: 'openai',
  },
  async (request) => {
    const { caller, params, requestId } = request;
    const turn = responseOf(request, params.id);
    await turn.session.cancelTurn(turn.turnId, caller.principal, requestId);
    return readStored(turn);
  },
);

const deleteResponse = defineRoute(
  {
    method: 'DELETE',
    path: '/v1/responses/{id}',
    operation: 'deleteResponse',
    summary: 'Delete the whole conversation that a response is part of',
    tag: 'openai',
    access: 'session:delete',
    success: {
      status: 200,
      describes: z.object({
        id: z.string(),
        object: z.literal('response'),
        deleted: z.literal(true),
      }),
    },
    errorShape: 'openai',
  },
  async (request) => {
    const { caller, params, requestId } = request;
    const { id } = params;
    const { session, turnId } = responseOf(request, id);
    found(await session.summary(turnId), 'response');
    await session.remove(caller.principal, requestId);
    return json({ id, object: 'response', deleted: true });
  },
);

export const responseRoutes: readonly Route[] = [
  createResponse,
  retrieveResponse,
  cancelResponse,
  deleteResponse,
];

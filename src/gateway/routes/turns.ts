/**
 * `/v1/sessions/{id}/turns`: one user message to its end, as JSON or as an event stream.
 *
 * @module
 */

import * as z from 'zod';
import type { AdmitTurn } from '../../blocks/session/session-api.ts';
import { MAX_ACTIVE_SKILLS } from '../../core/skills/choose-skills.ts';
import { toUserMessage } from '../client-messages.ts';
import {
  readerOf,
  readLastEventId,
  toEventStreamResponse,
  writeServerSentEvent,
} from '../event-stream.ts';
import { json, noContent } from '../json-response.ts';
import { type OpenTurn, sessionOf, turnOf } from '../open-session.ts';
import { found, Refusal } from '../refusal.ts';
import { toDriver } from '../require-model.ts';
import { defineRoute, type Route, type RouteRequest } from '../route.ts';
import { fromAdmission } from '../session-refusal.ts';

/** Longest that a JSON answer is waited for; a turn that takes longer goes on without it. */
const MAX_WAIT_MS = 180_000;

const turnBody = z.strictObject({
  input: z.string().min(1).max(524_288),
  model: z.string().max(200).optional(),
  /** Names of skills that the turn begins with. */
  skills: z.array(z.string().max(64)).max(MAX_ACTIVE_SKILLS).optional(),
  stream: z.boolean().default(false),
});

const turnSummary = z.object({
  turnId: z.string(),
  status: z.enum(['queued', 'running', 'waiting', 'finished', 'failed', 'cancelled']),
  output: z.string(),
  usage: z.object({
    inputTokens: z.number(),
    outputTokens: z.number(),
    costMicroUsd: z.number(),
    /** Of the input, what the provider had in its cache. */
    cachedInputTokens: z.number().optional(),
  }),
  toolCalls: z.array(
    z.object({
      round: z.number(),
      index: z.number(),
      tool: z.string(),
      status: z.enum(['approved', 'denied', 'finished', 'handed-over', 'unknown', 'waiting']),
      check: z.string().optional(),
      reason: z.string().optional(),
      approvalId: z.string().optional(),
    }),
  ),
  /** Of all that may have shaped the output. */
  label: z.object({ integrity: z.string(), confidentiality: z.string() }),
  code: z.string().optional(),
  /** After a failure: before that, asking again is in vain. */
  retryAfterMs: z.number().optional(),
});

type TurnRequest = RouteRequest<z.infer<typeof turnBody>, undefined>;

const runTurn = defineRoute(
  {
    method: 'POST',
    path: '/v1/sessions/{id}/turns',
    operation: 'runTurn',
    summary: 'Send a message and run the turn; answers JSON, or events with `stream: true`',
    tag: 'turns',
    access: 'session:turn',
    body: turnBody,
    success: { status: 200, describes: turnSummary, also: ['stream', 202] },
    idempotency: 'own',
  },
  async (request) => (wantsStream(request) ? streamTurn(request) : answerTurn(request)),
);

function wantsStream({ body, raw }: TurnRequest): boolean {
  return body.stream || (raw.headers.get('Accept') ?? '').includes('text/event-stream');
}

async function answerTurn(request: TurnRequest): Promise<Response> {
  const session = sessionOf(request);
  const ran = await session.runTurn(toAdmission(request, session.sessionId, false), MAX_WAIT_MS);
  if (!ran.ok) throw fromAdmission(ran.error);
  if ('status' in ran.value && ran.value.status !== 'waiting') return json(ran.value);
  // Still running, or waiting for a human: the journal goes on, and the caller may read it.
  const { turnId } = ran.value;
  const present = 'status' in ran.value ? ran.value : await session.summary(turnId);
  // The session may have been deleted meanwhile.
  const summary = found(present, 'session');
  return json(summary, 202, {
    Location: `/v1/sessions/${session.sessionId}/turns/${turnId}/events`,
  });
}

async function streamTurn(request: TurnRequest): Promise<Response> {
  const session = sessionOf(request);
  const admitted = await session.admitTurn(toAdmission(request, session.sessionId, true));
  if (!admitted.ok) throw fromAdmission(admitted.error);
  const { turnId } = admitted.value;
  const reader = readerOf(request, 'session:turn');
  return toEventStreamResponse({ session, turnId }, { write: writeServerSentEvent, reader });
}

function toAdmission(
  request: TurnRequest,
  sessionId: AdmitTurn['sessionId'],
  streams: boolean,
): AdmitTurn {
  const { body, caller, requestId, idempotency } = request;
  return {
    sessionId,
    principal: caller.principal,
    requestId,
    driver: toDriver(request, body.model, streams),
    messages: [toUserMessage(body.input)],
    ...(body.skills && { skills: body.skills }),
    ...(idempotency && { idempotency }),
  };
}

const turnEvents = defineRoute(
  {
    method: 'GET',
    path: '/v1/sessions/{id}/turns/{turn}/events',
    operation: 'turnEvents',
    summary: 'Follow a turn from the start, or from after `Last-Event-ID`',
    tag: 'turns',
    access: 'session:read',
    takesTicket: true,
    resumes: true,
    success: { status: 200, describes: 'stream', also: [204] },
  },
  async (request) => {
    const turn = turnOf(request);
    const afterId = readLastEventId(request.raw);
    if (afterId === undefined) {
      throw new Refusal('bad_request', {
        detail: 'Cannot read Last-Event-ID: it must be an id of this stream',
      });
    }
    found(await turn.session.summary(turn.turnId), 'turn');
    if (afterId > 0 && (await isReadToEnd(turn, afterId))) return noContent();
    const reader = readerOf(request, 'session:read');
    return toEventStreamResponse(turn, { write: writeServerSentEvent, reader, afterId });
  },
);

/** An `EventSource` comes back for more as long as it is not told that there is nothing (204). */
async function isReadToEnd({ session, turnId }: OpenTurn, afterId: number): Promise<boolean> {
  const page = await session.events(turnId, afterId, 0);
  return page?.ended === true && page.events.length === 0;
}

const readTurn = defineRoute(
  {
    method: 'GET',
    path: '/v1/sessions/{id}/turns/{turn}',
    operation: 'readTurn',
    summary: 'Read how a turn stands or ended',
    tag: 'turns',
    access: 'session:read',
    success: { status: 200, describes: turnSummary },
  },
  async (request) => {
    const { session, turnId } = turnOf(request);
    return json(found(await session.summary(turnId), 'turn'));
  },
);

const cancelTurn = defineRoute(
  {
    method: 'POST',
    path: '/v1/sessions/{id}/turns/{turn}/cancel',
    operation: 'cancelTurn',
    summary: 'Cancel a queued, running or waiting turn; one that has ended stays as it is',
    tag: 'turns',
    access: 'session:cancel',
    success: { status: 200, describes: turnSummary },
  },
  async (request) => {
    const { caller, requestId } = request;
    const { session, turnId } = turnOf(request);
    return json(found(await session.cancelTurn(turnId, caller.principal, requestId), 'turn'));
  },
);

export const turnRoutes: readonly Route[] = [runTurn, readTurn, turnEvents, cancelTurn];

/**
 * `/v1/sessions/{id}/turns`: one user message to its end, as JSON or as an event stream.
 *
 * @module
 */

import * as z from 'zod';
import type { AdmissionRefusal, AdmitTurn, TurnSummary } from '../../blocks/session/session-api.ts';
import { PRINCIPAL_LABEL } from '../../core/policy/labels.ts';
import { MAX_ACTIVE_SKILLS } from '../../core/skills/choose-skills.ts';
import { readLastEventId, toEventStreamResponse, writeServerSentEvent } from '../event-stream.ts';
import { json } from '../json-response.ts';
import { sessionOf, turnIdOf } from '../open-session.ts';
import { Refusal } from '../refusal.ts';
import { requireModel } from '../require-model.ts';
import { defineRoute, type Route, type RouteRequest } from '../route.ts';

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
  code: z.string().optional(),
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
    success: { status: 200, describes: turnSummary },
    idempotency: 'own',
  },
  async (request) => (wantsStream(request) ? streamTurn(request) : answerTurn(request)),
);

function wantsStream({ body, raw }: TurnRequest): boolean {
  return body.stream || (raw.headers.get('Accept') ?? '').includes('text/event-stream');
}

async function answerTurn(request: TurnRequest): Promise<Response> {
  const session = sessionOf(request);
  const ran = await session.runTurn(toAdmission(request, session.sessionId), MAX_WAIT_MS);
  if (!ran.ok) throw toRefusal(ran.error);
  if ('status' in ran.value && ran.value.status !== 'waiting') return json(ran.value);
  // Still running, or waiting for a human: the journal goes on, and the caller may read it.
  const { turnId } = ran.value;
  const summary = 'status' in ran.value ? ran.value : await session.summary(turnId);
  return json(summary, 202, {
    Location: `/v1/sessions/${session.sessionId}/turns/${turnId}/events`,
  });
}

async function streamTurn(request: TurnRequest): Promise<Response> {
  const session = sessionOf(request);
  const admitted = await session.admitTurn(toAdmission(request, session.sessionId));
  if (!admitted.ok) throw toRefusal(admitted.error);
  const { turnId } = admitted.value;
  return toEventStreamResponse({
    read: (afterId, waitMs) => session.events(turnId, afterId, waitMs),
    write: writeServerSentEvent,
    afterId: 0,
  });
}

function toAdmission(request: TurnRequest, sessionId: AdmitTurn['sessionId']): AdmitTurn {
  const { body, caller, requestId, idempotency, env } = request;
  if (body.model !== undefined) requireModel(env, body.model);
  return {
    sessionId,
    principal: caller.principal,
    requestId,
    driver:
      body.model === undefined ? { kind: 'default-model' } : { kind: 'model', model: body.model },
    messages: [{ role: 'user', content: body.input, label: PRINCIPAL_LABEL }],
    ...(body.skills && { skills: body.skills }),
    ...(idempotency && { idempotency }),
  };
}

/** Why the session did not admit the turn, as a problem. */
export function toRefusal({ code, retryAfterMs, budget, denial }: AdmissionRefusal): Refusal {
  return new Refusal(code, {
    ...(denial && { denial }),
    ...(retryAfterMs !== undefined && { retryAfterMs }),
    ...(budget && { detail: `Cannot begin the turn: the budget "${budget}" must not be used up` }),
    ...(code === 'not_found' && { detail: 'There is no such session' }),
    ...(code === 'skill_unknown' && {
      detail: 'Cannot run the turn: its skills must be installed',
    }),
  });
}

/** For answers that cannot wait as long as a human may take. */
export function toApprovalNeeded(approvalId: string | undefined): Refusal {
  return new Refusal('approval_needed', {
    detail: 'A human must decide first: repeat the request with its Idempotency-Key afterwards',
    ...(approvalId !== undefined && { approvalId }),
  });
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
    success: { status: 200, describes: 'stream' },
  },
  async (request) => {
    const session = sessionOf(request);
    const turnId = turnIdOf(request);
    const afterId = readLastEventId(request.raw);
    if (afterId === undefined) {
      throw new Refusal('bad_request', {
        detail: 'Cannot read Last-Event-ID: it must be an id of this stream',
      });
    }
    if ((await session.summary(turnId)) === undefined) throw noTurn();
    return toEventStreamResponse({
      read: (after, waitMs) => session.events(turnId, after, waitMs),
      write: writeServerSentEvent,
      afterId,
    });
  },
);

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
  async (request) => json(found(await sessionOf(request).summary(turnIdOf(request)))),
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
    const session = sessionOf(request);
    return json(found(await session.cancelTurn(turnIdOf(request), caller.principal, requestId)));
  },
);

function found(summary: TurnSummary | undefined): TurnSummary {
  if (summary === undefined) throw noTurn();
  return summary;
}

function noTurn(): Refusal {
  return new Refusal('not_found', { detail: 'There is no such turn' });
}

export const turnRoutes: readonly Route[] = [runTurn, readTurn, turnEvents, cancelTurn];

/**
 * `/v1/sessions`: conversations, and the messages in them.
 *
 * @module
 */

import * as z from 'zod';
import { openSession } from '../../blocks/session/session-client.ts';
import { askSessionIndex } from '../../blocks/session-index/session-index-client.ts';
import { toPrincipalName } from '../../core/policy/principal.ts';
import { admit } from '../admit.ts';
import { json, noContent } from '../json-response.ts';
import { refuseFull } from '../no-room.ts';
import { newSessionId, sessionOf } from '../open-session.ts';
import { principalNameSchema } from '../principal-name.ts';
import { found, noSuch } from '../refusal.ts';
import { requireModel } from '../require-model.ts';
import { defineRoute, type Route } from '../route.ts';

const createBody = z.strictObject({
  title: z.string().max(200).optional(),
  /** Instructions that stand before the conversation. */
  system: z.string().max(32_768).optional(),
  /** Model of its turns unless a turn names another: `provider/model`. */
  model: z.string().max(200).optional(),
});

const session = z.object({
  id: z.string(),
  createdAt: z.number(),
  createdBy: z.string(),
  title: z.string().optional(),
  model: z.string().optional(),
  turns: z.number(),
  activeTurn: z.string().optional(),
});

const pageQuery = z.strictObject({
  after: z.coerce.number().int().min(0).default(0),
  limit: z.coerce.number().int().min(1).max(200).default(50),
  /** Words: then the messages that hold any of them, the best first, each with its `seq`. */
  search: z.string().min(1).max(512).optional(),
});

/** What else it holds depends on whose it is. */
const message = z.looseObject({
  role: z.enum(['system', 'user', 'assistant', 'tool']),
  content: z.string(),
  label: z.object({ integrity: z.string(), confidentiality: z.string() }),
  /** Its number, where it was searched for. */
  seq: z.number().optional(),
  /** The calls of an assistant, as it has written them. */
  toolCalls: z
    .array(
      z.object({
        id: z.string(),
        name: z.string(),
        plugin: z.string().optional(),
        argumentsText: z.string(),
      }),
    )
    .optional(),
  /** Of a tool: which call it answers. */
  modelCallId: z.string().optional(),
  toolName: z.string().optional(),
  isError: z.boolean().optional(),
});

const messagePage = z.object({
  messages: z.array(message),
  next: z.number().optional(),
});

const createSession = defineRoute(
  {
    method: 'POST',
    path: '/v1/sessions',
    operation: 'createSession',
    summary: 'Begin a conversation',
    tag: 'sessions',
    access: 'session:create',
    body: createBody,
    success: { status: 201, describes: session },
    idempotency: 'replay',
  },
  async ({ env, caller, body, requestId }) => {
    if (body.model !== undefined) requireModel({ env, caller }, body.model);
    const sessionId = newSessionId({ env, caller }, 'createSession');
    const { principal } = caller;
    const created = await openSession(env, principal.workspace, sessionId).create({
      sessionId,
      principal,
      requestId,
      ...(body.title !== undefined && { title: body.title }),
      ...(body.system !== undefined && { system: body.system }),
      ...(body.model !== undefined && { model: body.model }),
    });
    if (typeof created === 'string') throw refuseFull('session', created);
    return json(created, 201, { Location: `/v1/sessions/${sessionId}` });
  },
);

/** In the place of a principal. */
const EVERYBODY = '*';

const listQuery = z.strictObject({
  /** Absent: the caller's own. Those of another, or of everybody (`*`), need `system:admin`. */
  principal: principalNameSchema.or(z.literal(EVERYBODY)).optional(),
  after: z.coerce.number().int().min(1).optional(),
  limit: z.coerce.number().int().min(1).max(200).default(50),
});

const listed = session.pick({
  id: true,
  createdAt: true,
  createdBy: true,
  title: true,
  model: true,
});

const listSessions = defineRoute(
  {
    method: 'GET',
    path: '/v1/sessions',
    operation: 'listSessions',
    summary:
      "List the conversations that the caller has begun, the newest first, or with `system:admin` another `principal`'s, or everybody's (`*`)",
    tag: 'sessions',
    access: 'session:read',
    query: listQuery,
    success: {
      status: 200,
      describes: z.object({ sessions: z.array(listed), next: z.number().optional() }),
    },
  },
  async (request) => {
    const { env, caller, query } = request;
    const { principal: asked, after, limit } = query;
    const own = toPrincipalName(caller.principal);
    const whose = asked ?? own;
    if (whose !== own) {
      await admit({ access: 'system:admin', operation: 'listSessions' }, caller, request);
    }
    const page = await askSessionIndex(env, caller.principal.workspace, (index) =>
      index.list({
        limit,
        ...(whose !== EVERYBODY && { createdBy: whose }),
        ...(after !== undefined && { after }),
      }),
    );
    return json(page);
  },
);

const readSession = defineRoute(
  {
    method: 'GET',
    path: '/v1/sessions/{id}',
    operation: 'readSession',
    summary: 'Describe a conversation',
    tag: 'sessions',
    access: 'session:read',
    success: { status: 200, describes: session },
  },
  async (request) => json(found(await sessionOf(request).describe(), 'session')),
);

const listMessages = defineRoute(
  {
    method: 'GET',
    path: '/v1/sessions/{id}/messages',
    operation: 'listMessages',
    summary: 'Read the messages of a conversation, oldest first, or search them',
    tag: 'sessions',
    access: 'session:read',
    query: pageQuery,
    success: { status: 200, describes: messagePage },
  },
  async (request) => {
    const { after, limit, search } = request.query;
    const session = sessionOf(request);
    if (search === undefined) return json(found(await session.messages(after, limit), 'session'));
    const hits = found(await session.searchMessages(search, limit), 'session');
    return json({ messages: hits.map(({ seq, message }) => ({ seq, ...message })) });
  },
);

const summary = z.object({
  text: z.string(),
  label: z.object({ integrity: z.string(), confidentiality: z.string() }),
  /** It is of so many turns, the first ones, and of the messages up to that number. */
  turns: z.number(),
  messages: z.number(),
  /** That wrote it; absent where the gateway shortened by rule. */
  model: z.string().optional(),
  at: z.number().optional(),
});

const readSummary = defineRoute(
  {
    method: 'GET',
    path: '/v1/sessions/{id}/summary',
    operation: 'readSummary',
    summary:
      'What its models are shown in the place of the older messages; 404 while they see them all',
    tag: 'sessions',
    access: 'session:read',
    success: { status: 200, describes: summary },
  },
  async (request) => {
    const shortened = found(await sessionOf(request).shortened(), 'session');
    if (shortened === 'none') throw noSuch('summary');
    return json(shortened);
  },
);

const deleteSession = defineRoute(
  {
    method: 'DELETE',
    path: '/v1/sessions/{id}',
    operation: 'deleteSession',
    summary: 'Delete a conversation and all it holds; a live turn is cancelled',
    tag: 'sessions',
    access: 'session:delete',
    success: { status: 204, describes: z.undefined() },
  },
  async (request) => {
    const removed = await sessionOf(request).remove(request.caller.principal, request.requestId);
    if (!removed) throw noSuch('session');
    return noContent();
  },
);

export const sessionRoutes: readonly Route[] = [
  createSession,
  listSessions,
  readSession,
  listMessages,
  readSummary,
  deleteSession,
];

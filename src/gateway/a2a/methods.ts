/**
 * The methods of A2A: a task is a turn, and a context is a session.
 *
 * @module
 */

import type * as z from 'zod';
import { sha256Hex } from '../../blocks/kit/keys.ts';
import type { AdmitTurn, TurnReader } from '../../blocks/session/session-api.ts';
import { admit } from '../admit.ts';
import { toUserMessage } from '../client-messages.ts';
import { admitClientTurn, MAX_WAIT_MS, readAllEvents } from '../client-turn.ts';
import { readerOf, toEventStreamResponse } from '../event-stream.ts';
import { readForeignId, toForeignId } from '../foreign-turn-id.ts';
import { json } from '../json-response.ts';
import {
  findSession,
  KEEP_CONVERSATION_MS,
  newTurnSessionId,
  type OpenTurn,
} from '../open-session.ts';
import { found } from '../refusal.ts';
import type { Route, RouteRequest } from '../route.ts';
import { RpcError, type RpcId, rpcResult, sendParams, taskParams } from './rpc.ts';
import { TaskWriter } from './task-writer.ts';

interface A2aCall {
  readonly request: RouteRequest<unknown, undefined>;
  readonly id: RpcId;
  readonly params: unknown;
}

interface Method {
  readonly access: Route['access'];
  readonly answer: (call: A2aCall) => Promise<Response>;
}

const A2A_METHODS: Readonly<Record<string, Method>> = {
  SendMessage: { access: 'session:turn', answer: sendMessage },
  SendStreamingMessage: { access: 'session:turn', answer: sendStreamingMessage },
  GetTask: { access: 'session:read', answer: getTask },
  SubscribeToTask: { access: 'session:read', answer: subscribeToTask },
  CancelTask: { access: 'session:cancel', answer: cancelTask },
};

/** Of the protocol, and not in the capabilities of the card: it has errors of its own for those. */
const NOT_OFFERED: Readonly<Record<string, RpcError['reason']>> = {
  CreateTaskPushNotificationConfig: 'push_not_supported',
  GetTaskPushNotificationConfig: 'push_not_supported',
  ListTaskPushNotificationConfigs: 'push_not_supported',
  DeleteTaskPushNotificationConfig: 'push_not_supported',
  GetExtendedAgentCard: 'no_extended_card',
};

/** @throws RpcError or Refusal */
export async function callMethod(name: string, call: A2aCall): Promise<Response> {
  const method = Object.hasOwn(A2A_METHODS, name) ? A2A_METHODS[name] : undefined;
  if (method === undefined) {
    const reason = Object.hasOwn(NOT_OFFERED, name) ? NOT_OFFERED[name] : undefined;
    throw new RpcError(reason ?? 'unknown_method');
  }
  const { env, caller, requestId } = call.request;
  await admit({ access: method.access, operation: 'callA2a' }, caller, { env, requestId });
  return method.answer(call);
}

async function sendMessage(call: A2aCall): Promise<Response> {
  const params = parse(sendParams, call.params);
  const turn = await admitClientTurn(call.request, toAdmission(call, params, false));
  // A caller that leaves meanwhile does not end it: the same message finds the task again.
  if (params.configuration?.returnImmediately !== true) {
    const rest = await turn.session.awaitTurn(turn.turnId, MAX_WAIT_MS);
    // Its context may have been deleted meanwhile.
    if (rest === undefined) throw new RpcError('task_not_found');
  }
  return json(rpcResult(call.id, { task: (await readTask(turn)).writer.task() }));
}

async function sendStreamingMessage(call: A2aCall): Promise<Response> {
  const params = parse(sendParams, call.params);
  const turn = await admitClientTurn(call.request, toAdmission(call, params, true));
  const reader = readerOf(call.request, 'session:turn');
  return streamTask(call.id, turn, { reader, writer: toWriter(turn), afterId: 0 });
}

async function getTask({ request, id, params }: A2aCall): Promise<Response> {
  const turn = await findTask(request, params);
  return json(rpcResult(id, (await readTask(turn)).writer.task()));
}

/** From where the task is now; of one that has ended there is nothing to come. */
async function subscribeToTask({ request, id, params }: A2aCall): Promise<Response> {
  const turn = await findTask(request, params);
  const read = await readTask(turn);
  if (read.writer.isOver()) throw new RpcError('task_over');
  return streamTask(id, turn, { reader: readerOf(request, 'session:read'), ...read });
}

async function cancelTask({ request, id, params }: A2aCall): Promise<Response> {
  const turn = await findTask(request, params);
  const { caller, requestId } = request;
  const summary = await turn.session.cancelTurn(turn.turnId, caller.principal, requestId);
  if (summary?.status !== 'cancelled') throw new RpcError('task_not_cancelable');
  return json(rpcResult(id, (await readTask(turn)).writer.task()));
}

/** A message that is sent twice, under the same id, begins one task. */
function toAdmission(
  { request }: A2aCall,
  { message, configuration }: z.infer<typeof sendParams>,
  streams: boolean,
): AdmitTurn {
  if (message.taskId) throw new RpcError('takes_no_message');
  if (configuration?.taskPushNotificationConfig) throw new RpcError('push_not_supported');
  const content = message.parts.map(({ text }) => {
    if (text === undefined) throw new RpcError('content_type_not_supported');
    return text;
  });
  const text = content.join('\n');
  const { caller, requestId } = request;
  const { principal } = caller;
  const idempotency = { key: `a2a:${message.messageId}`, bodyHash: sha256Hex(text) };
  const { contextId } = message;
  // A context that nobody was given is no context of this workspace.
  const session = contextId ? found(findSession(request, contextId), 'session') : undefined;
  const sessionId = session?.sessionId ?? newTurnSessionId({ ...request, idempotency }, 'callA2a');
  return {
    sessionId,
    principal,
    requestId,
    driver: { kind: 'default-model', ...(streams && { streams }) },
    messages: [toUserMessage(text)],
    idempotency,
    ...(session === undefined && {
      create: { sessionId, principal, requestId, ephemeralMs: KEEP_CONVERSATION_MS },
    }),
  };
}

async function findTask(request: A2aCall['request'], params: unknown): Promise<OpenTurn> {
  const turn = readForeignId(request, 'task', parse(taskParams, params).id);
  const summary = await turn?.session.summary(turn.turnId);
  if (turn === undefined || summary === undefined) throw new RpcError('task_not_found');
  return turn;
}

/** A task as far as it has been read: up to the event with that id. */
interface TaskReading {
  readonly writer: TaskWriter;
  readonly afterId: number;
}

async function readTask(turn: OpenTurn): Promise<TaskReading> {
  const writer = toWriter(turn);
  const events = await readAllEvents(turn);
  for (const event of events) writer.take(event);
  return { writer, afterId: events.at(-1)?.id ?? 0 };
}

/**
 * The task as it has been read, and then what changes. A caller that leaves does not end it: it may come
 * back for it.
 */
function streamTask(
  id: RpcId,
  turn: OpenTurn,
  { reader, writer, afterId }: TaskReading & { readonly reader: TurnReader },
): Response {
  const toText = (result: object) => `data: ${JSON.stringify(rpcResult(id, result))}\n\n`;
  return toEventStreamResponse(turn, {
    ...{ reader, afterId, head: toText({ task: writer.task() }) },
    write: (event) => writer.take(event).map(toText).join(''),
  });
}

function toWriter(turn: OpenTurn): TaskWriter {
  return new TaskWriter({ id: toForeignId('task', turn), contextId: turn.session.sessionId });
}

function parse<T>(schema: z.ZodType<T>, params: unknown): T {
  const parsed = schema.safeParse(params);
  if (!parsed.success) throw new RpcError('invalid_params');
  return parsed.data;
}

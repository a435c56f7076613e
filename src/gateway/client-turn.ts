/**
 * A turn of a vendor's client: admitted, and then waited for or streamed in the same request. A client
 * that leaves before the end cancels it.
 *
 * @module
 */

import type { AdmitTurn, TurnSummary } from '../blocks/session/session-api.ts';
import { openSession } from '../blocks/session/session-client.ts';
import type { ClientWishes } from '../core/conversation/client-wishes.ts';
import { estimateTokens } from '../core/conversation/estimate-tokens.ts';
import type { Message } from '../core/conversation/message.ts';
import type { TurnEvent } from '../core/conversation/turn-event.ts';
import { countCharacters } from '../models/count-tokens.ts';
import { readerOf, type StreamPlan, toEventStreamResponse } from './event-stream.ts';
import { KEEP_REPEATABLE_MS, newTurnSessionId, type OpenTurn } from './open-session.ts';
import { found, Refusal } from './refusal.ts';
import { requireModel } from './require-model.ts';
import type { RouteRequest } from './route.ts';
import { fromAdmission, fromFailure, toApprovalNeeded } from './session-refusal.ts';
import { readTurnEvents, type TurnReading } from './turn-reading.ts';

/** Longest that a JSON answer is waited for. */
export const MAX_WAIT_MS = 180_000;

/** Longest that the head of a stream is held back; within 15 s there must be a line. */
const MAX_SILENCE_MS = 10_000;

type ClientRequest = RouteRequest<unknown, unknown>;

/** What a client that sends the whole conversation each time asks for. */
export interface WholeConversation {
  /** Name of the route. */
  readonly operation: string;
  readonly model: string;
  readonly messages: readonly Message[];
  readonly wishes: ClientWishes;
  /** Whether the client wants the reply as it comes. */
  readonly streams: boolean;
}

/** In a session of its own, which nobody goes on with. */
export function admitWhole(
  request: ClientRequest,
  { operation, model, messages, wishes, streams }: WholeConversation,
): Promise<OpenTurn> {
  requireModel(request, model, toNeeds(messages, wishes, streams));
  const { caller, requestId, idempotency } = request;
  const { principal } = caller;
  const sessionId = newTurnSessionId(request, operation);
  return admitClientTurn(request, {
    sessionId,
    principal,
    requestId,
    driver: { kind: 'model', model, ...(streams && { streams }) },
    messages,
    wishes,
    create: { sessionId, principal, requestId, ephemeralMs: KEEP_REPEATABLE_MS },
    ...(idempotency && { idempotency }),
  });
}

/** What a request asks of its model, as far as it says so itself. */
export function toNeeds(messages: readonly Message[], wishes: ClientWishes, streaming: boolean) {
  const inputTokens = estimateTokens(countCharacters(messages));
  return { tools: wishes.tools.length > 0, streaming, inputTokens };
}

export async function admitClientTurn(
  { env }: Pick<ClientRequest, 'env'>,
  admission: AdmitTurn,
): Promise<OpenTurn> {
  const session = openSession(env, admission.principal.workspace, admission.sessionId);
  const admitted = await session.admitTurn(admission);
  if (!admitted.ok) throw fromAdmission(admitted.error);
  return { session, turnId: admitted.value.turnId };
}

/** How it stands at its end, where it waits for a human, or after the longest wait; nothing once it is deleted. */
export async function awaitRest(
  request: ClientRequest,
  { session, turnId }: OpenTurn,
): Promise<TurnSummary | undefined> {
  const rest = session.awaitTurn(turnId, MAX_WAIT_MS);
  return await cancellingWhenLost(request, { session, turnId }, rest);
}

async function cancellingWhenLost<Answer>(
  request: ClientRequest,
  turn: OpenTurn,
  answer: Promise<Answer>,
): Promise<Answer> {
  const { signal } = request.raw;
  const onLost = () => cancel(request, turn);
  // It may have left while its turn was admitted.
  if (signal.aborted) onLost();
  else signal.addEventListener('abort', onLost, { once: true });
  try {
    return await answer;
  } finally {
    signal.removeEventListener('abort', onLost);
  }
}

/**
 * What a turn that finished has come to; every other one is refused with the reason. One that takes longer
 * goes on only for a client that can come back for it.
 */
export async function awaitReading(request: ClientRequest, turn: OpenTurn): Promise<TurnReading> {
  const summary = found(await awaitRest(request, turn), 'turn');
  if (summary.status === 'queued' || summary.status === 'running') {
    if (request.idempotency !== undefined) throw new Refusal('deadline_exceeded', { goesOn: true });
    cancel(request, turn);
    throw new Refusal('deadline_exceeded');
  }
  if (summary.status === 'finished') return readTurnEvents(await readAllEvents(turn));
  if (summary.status === 'waiting') {
    const call = summary.toolCalls.find(({ approvalId }) => approvalId !== undefined);
    throw toApprovalNeeded(call?.approvalId);
  }
  throw fromFailure(summary, 'turn');
}

/** All that there are now. */
export async function readAllEvents({ session, turnId }: OpenTurn): Promise<TurnEvent[]> {
  const events: TurnEvent[] = [];
  for (;;) {
    const page = await session.events(turnId, events.at(-1)?.id ?? 0, 0);
    events.push(...(page?.events ?? []));
    if (page === undefined || page.ended || page.events.length === 0) return events;
  }
}

/**
 * The stream begins with the first that there is to say. A turn that fails before is refused by a
 * status, as without a stream: clients come again by it.
 *
 * @throws Refusal with what the turn failed of.
 */
export async function streamClientTurn(
  request: ClientRequest,
  turn: OpenTurn,
  plan: Pick<StreamPlan, 'write' | 'tail'>,
): Promise<Response> {
  await cancellingWhenLost(request, turn, awaitFirstWord(turn));
  return toEventStreamResponse(turn, {
    ...plan,
    reader: readerOf(request, 'session:turn'),
    onLost: () => cancel(request, turn),
  });
}

/** What cannot be read is left to the stream, which tries again: the turn goes on, unless it was deleted. */
async function awaitFirstWord({ session, turnId }: OpenTurn): Promise<void> {
  const until = Date.now() + MAX_SILENCE_MS;
  for (let afterId = 0; Date.now() < until; ) {
    const read = session.events(turnId, afterId, until - Date.now());
    const page = found(await read.catch(() => 'unread' as const), 'turn');
    if (page === 'unread' || page.events.some(isWord)) return;
    if (page.ended) {
      const summary = await session.awaitTurn(turnId, 0).catch(() => undefined);
      if (summary?.status === 'failed') throw fromFailure(summary, 'turn');
      return;
    }
    afterId = page.events.at(-1)?.id ?? afterId;
  }
}

function isWord({ body: { kind } }: TurnEvent): boolean {
  return kind !== 'turn-started' && kind !== 'turn-failed';
}

function cancel(request: ClientRequest, { session, turnId }: OpenTurn): void {
  const { execution, caller, requestId } = request;
  execution.waitUntil(session.cancelTurn(turnId, caller.principal, requestId));
}

/**
 * One call of a tool by a program: the same seven checks, journal and record as a model's.
 *
 * @module
 */

import type { AdmitTurn } from '../blocks/session/session-api.ts';
import { openSession, type SessionClient } from '../blocks/session/session-client.ts';
import type { JsonObject } from '../core/primitives/json.ts';
import { KEEP_REPEATABLE_MS, newSessionId } from './open-session.ts';
import type { RouteRequest } from './route.ts';

export interface ToolOrder {
  readonly name: string;
  readonly arguments: JsonObject;
  /** The same key finds the same call, and what became of it. */
  readonly idempotency?: { readonly key: string; readonly bodyHash: string };
}

/** A call that may be admitted, in a session of its own. */
export interface ToolCallPlan {
  readonly session: SessionClient;
  readonly admission: AdmitTurn;
}

export function planToolCall(
  { env, caller, requestId }: Pick<RouteRequest<unknown, unknown>, 'env' | 'caller' | 'requestId'>,
  { name, arguments: args, idempotency }: ToolOrder,
): ToolCallPlan {
  const { principal } = caller;
  const repeatable = idempotency && { idempotency };
  const sessionId = newSessionId({ env, caller, ...repeatable }, `callTool:${name}`);
  const call = { id: 'program', name, argumentsText: JSON.stringify(args) };
  return {
    session: openSession(env, principal.workspace, sessionId),
    admission: {
      sessionId,
      principal,
      requestId,
      driver: { kind: 'program', call },
      messages: [],
      create: { sessionId, principal, requestId, ephemeralMs: KEEP_REPEATABLE_MS },
      ...repeatable,
    },
  };
}

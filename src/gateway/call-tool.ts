/**
 * One call of a tool by a program: the same seven checks, journal and record as a model's.
 *
 * @module
 */

import type { AdmitTurn } from '../blocks/session/session-api.ts';
import { openSession, type SessionClient } from '../blocks/session/session-client.ts';
import type { SessionId } from '../core/primitives/ids.ts';
import type { JsonObject } from '../core/primitives/json.ts';
import { KEEP_REPEATABLE_MS, newSessionId } from './open-session.ts';
import { takeProgramSession } from './program-sessions.ts';
import type { RouteRequest } from './route.ts';

type Asking = Pick<RouteRequest<unknown, unknown>, 'env' | 'caller' | 'requestId'>;

export interface ToolOrder {
  readonly name: string;
  readonly arguments: JsonObject;
  /** The same key finds the same call, and what became of it. */
  readonly idempotency?: { readonly key: string; readonly bodyHash: string };
}

/** A call that may be admitted. */
export interface ToolCallPlan {
  readonly session: SessionClient;
  readonly admission: AdmitTurn;
}

/** In a session of its own, by which its key finds it; without a key, in any that is free. */
export function planToolCall(asking: Asking, order: ToolOrder): ToolCallPlan {
  const { env, caller, requestId } = asking;
  const { principal } = caller;
  const { name, arguments: args, idempotency } = order;
  const sessionId = sessionFor(asking, order);
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
      ...(idempotency ? { idempotency } : { standsAlone: true }),
    },
  };
}

function sessionFor({ env, caller }: Asking, { name, idempotency }: ToolOrder): SessionId {
  if (idempotency !== undefined)
    return newSessionId({ env, caller, idempotency }, `callTool:${name}`);
  return takeProgramSession(caller.principal) ?? newSessionId({ env, caller }, `callTool:${name}`);
}

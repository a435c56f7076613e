/**
 * One call of a tool by a program: the same seven checks, journal and record as a model's.
 *
 * @module
 */

import type { AdmissionRefusal, AdmitTurn, ProgramOutcome } from '../blocks/session/session-api.ts';
import { openSession, type SessionClient } from '../blocks/session/session-client.ts';
import { faultCode } from '../core/errors/fault.ts';
import type { SessionId } from '../core/primitives/ids.ts';
import type { JsonObject } from '../core/primitives/json.ts';
import type { Result } from '../core/primitives/result.ts';
import { KEEP_REPEATABLE_MS, newSessionId } from './open-session.ts';
import { putProgramSession, takeProgramSession } from './program-sessions.ts';
import type { RouteRequest } from './route.ts';
import { mayCall } from './visible-tools.ts';

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

/** Of a session that somebody else is using: another one would not say so. */
const SAID_OF_A_SESSION: ReadonlySet<AdmissionRefusal['code']> = new Set([
  'turn_waiting',
  'lane_full',
]);

type Ran = Result<ProgramOutcome | undefined, AdmissionRefusal>;

/** Without a key, in a session that is free, if there is one. `undefined` if it takes longer. */
export async function runToolCall(asking: Asking, order: ToolOrder, waitMs: number): Promise<Ran> {
  const isAlone = order.idempotency === undefined;
  const free = isAlone ? takeProgramSession(asking.caller.principal) : undefined;
  const ran = free && (await runIfFree(toPlan(asking, order, free), waitMs));
  return ran ?? (await run(planToolCall(asking, order), waitMs));
}

/** Nothing where nothing was begun, since its session is not free after all, or is being deleted. */
async function runIfFree(plan: ToolCallPlan, waitMs: number): Promise<Ran | undefined> {
  try {
    const ran = await run(plan, waitMs);
    return !ran.ok && SAID_OF_A_SESSION.has(ran.error.code) ? undefined : ran;
  } catch (thrown) {
    if (faultCode(thrown) === 'conflict') return undefined;
    throw thrown;
  }
}

async function run({ session, admission }: ToolCallPlan, waitMs: number): Promise<Ran> {
  const ran = await session.runProgram(admission, waitMs);
  const isFree = ran.ok && ran.value?.takesAnother === true;
  if (isFree) putProgramSession(admission.principal, admission.sessionId);
  return ran;
}

/**
 * In a session of its own, by which its key finds it. Keys are the principal's, and his credentials do not
 * all hold the same: one that may not call the tool finds nothing, and is denied like anybody.
 */
export function planToolCall(asking: Asking, asked: ToolOrder): ToolCallPlan {
  const { env, caller } = asking;
  const { idempotency: known, ...bare } = asked;
  const { name } = bare;
  const idempotency = mayCall(caller, name) ? known : undefined;
  const order = { ...bare, ...(idempotency && { idempotency }) };
  const own = newSessionId(
    { env, caller, ...(idempotency && { idempotency }) },
    `callTool:${name}`,
  );
  return toPlan(asking, order, own);
}

function toPlan(asking: Asking, order: ToolOrder, sessionId: SessionId): ToolCallPlan {
  const { env, caller, requestId } = asking;
  const { principal } = caller;
  const { name, arguments: args, idempotency } = order;
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

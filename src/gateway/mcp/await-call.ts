/**
 * Waits for a call and tells its client that it goes on; a client that leaves cancels it.
 *
 * @module
 */

import type { ServerContext } from '@modelcontextprotocol/server';
import { randomHex } from '../../blocks/kit/keys.ts';
import type { ProgramOutcome } from '../../blocks/session/session-api.ts';
import type { TurnId } from '../../core/primitives/ids.ts';
import { planToolCall, type ToolCallPlan } from '../call-tool.ts';
import { Refusal } from '../refusal.ts';
import { fromAdmission } from '../session-refusal.ts';
import { type AskedCall, hashOf } from './call-state.ts';
import { type McpExchange, toProtocolError } from './mcp-request.ts';

/** How soon a client that wants to know hears that its call goes on, in milliseconds; then ever later. */
const FIRST_PROGRESS_MS = 50;

/** How late at most. */
const MAX_PROGRESS_MS = 2_000;

/**
 * Longest that one request waits, in milliseconds: longer than a call of any tier can take, a machine's wait
 * for a free place included. The polls of so long a wait stay below what a Worker may ask in one request.
 */
const MAX_WAIT_MS = 720_000;

export interface AwaitedCall {
  readonly outcome: ProgramOutcome;
  /** Under which it is found again. */
  readonly key: string;
}

/** @throws ProtocolError if the session refuses it, or it takes too long. */
export async function awaitCall(
  exchange: McpExchange,
  call: AskedCall,
  /** Of a call that was asked for before. */
  knownKey: string | undefined,
): Promise<AwaitedCall> {
  const key = knownKey ?? randomHex(16);
  const plan = planToolCall(exchange.request, {
    ...call,
    idempotency: { key, bodyHash: hashOf(call) },
  });
  try {
    return { outcome: await cancellingWhenLost(exchange, plan), key };
  } catch (thrown) {
    throw toProtocolError(thrown);
  }
}

/** Once its client has left, nothing of this request goes on but what was promised to the platform. */
async function cancellingWhenLost(
  { request, context }: McpExchange,
  plan: ToolCallPlan,
): Promise<ProgramOutcome> {
  const lost = AbortSignal.any([request.raw.signal, context.mcpReq.signal]);
  const onLost = () => request.execution.waitUntil(cancel(plan));
  if (lost.aborted) onLost();
  else lost.addEventListener('abort', onLost, { once: true });
  try {
    return await followCall(plan, context);
  } finally {
    lost.removeEventListener('abort', onLost);
  }
}

/** @throws Refusal if the session refuses it, or it takes too long: nobody could find it again, so it is cancelled. */
export async function followCall(
  { session, admission }: ToolCallPlan,
  context: ServerContext,
): Promise<ProgramOutcome> {
  let pauseMs = FIRST_PROGRESS_MS;
  const plugin = new PluginProgress({ session, admission });
  await tellProgress(context, 0);
  for (let waitedMs = 0; waitedMs < MAX_WAIT_MS; pauseMs = Math.min(pauseMs * 2, MAX_PROGRESS_MS)) {
    const ran = await session.runProgram(admission, pauseMs);
    if (!ran.ok) throw fromAdmission(ran.error);
    if (ran.value !== undefined) return ran.value;
    waitedMs += pauseMs;
    if (asksForProgress(context)) await tellProgress(context, waitedMs, await plugin.latest());
  }
  await cancel({ session, admission });
  throw new Refusal('deadline_exceeded');
}

function asksForProgress({ mcpReq }: ServerContext): boolean {
  return mcpReq._meta?.progressToken !== undefined;
}

async function tellProgress(
  { mcpReq }: ServerContext,
  progress: number,
  message = `${progress / 1_000} s`,
): Promise<void> {
  const progressToken = mcpReq._meta?.progressToken;
  if (progressToken === undefined) return;
  await mcpReq.notify({
    method: 'notifications/progress',
    params: { progressToken, progress, message },
  });
}

/** What the plugin itself says, as it stands among the events of the call's turn. */
class PluginProgress {
  readonly #plan: ToolCallPlan;
  #turnId: TurnId | undefined;
  #afterId = 0;

  constructor(plan: ToolCallPlan) {
    this.#plan = plan;
  }

  /** Nothing if it has said nothing since. */
  async latest(): Promise<string | undefined> {
    const { session, admission } = this.#plan;
    if (this.#turnId === undefined) {
      const admitted = await session.admitTurn(admission);
      if (!admitted.ok) return undefined;
      this.#turnId = admitted.value.turnId;
    }
    const page = await session.events(this.#turnId, this.#afterId, 0);
    this.#afterId = page?.events.at(-1)?.id ?? this.#afterId;
    const said = page?.events.findLast(({ body }) => body.kind === 'tool-progress');
    return said?.body.kind === 'tool-progress' ? said.body.text : undefined;
  }
}

async function cancel({ session, admission }: ToolCallPlan): Promise<void> {
  const admitted = await session.admitTurn(admission);
  if (!admitted.ok) return;
  const { principal, requestId } = admission;
  await session.cancelTurn(admitted.value.turnId, principal, requestId);
}

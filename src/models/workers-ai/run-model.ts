/**
 * One request through the Workers AI binding, and what its errors mean.
 *
 * The binding throws messages that begin with a number of Workers AI, and may go on with parts of the
 * request: of them the number alone is read.
 *
 * @module
 */

import { ModelFault } from '../../agent/model-fault.ts';
import { aiGatewayOf } from '../ai-gateway.ts';
import { beginWithin } from '../begin-within.ts';
import type { AiBinding, ModelBindings } from '../model-bindings.ts';
import { statusFault, timedOut, unreachable } from '../provider-fault.ts';

export const WORKERS_AI = 'workers-ai';

/** A model behind the binding. */
export interface WorkersAi {
  readonly binding: AiBinding;
  /** As Workers AI names it: `@cf/…`. */
  readonly model: string;
  /** Id of the AI Gateway that it is asked through, if any. */
  readonly gateway?: string;
  /** Milliseconds until it must have begun its answer. */
  readonly firstByteMs: number;
}

/** Numbers of Workers AI for what is the request's fault, or a limit, by the HTTP status of each. */
const STATUS: Readonly<Record<string, number>> = {
  ...{ 3003: 400, 3039: 400, 5004: 400, 5006: 400, 5007: 400 },
  ...{ 3023: 403, 3041: 403, 5016: 403, 5018: 403 },
  ...{ 3042: 404, 5005: 405, 5019: 405, 3006: 413 },
  ...{ 3036: 429, 3040: 429 },
};

const TIMEOUT = '3007';

/** Nothing where the deployment has no such binding. */
export function findWorkersAi(
  env: Pick<ModelBindings, 'AI' | 'AI_GATEWAY_URL'>,
  model: string,
  firstByteMs: number,
): WorkersAi | undefined {
  const gateway = aiGatewayOf(env);
  if (env.AI === undefined || gateway === 'malformed') return undefined;
  return { binding: env.AI, model, firstByteMs, ...(gateway && { gateway: gateway.id }) };
}

/** @throws ModelFault */
export async function runModel(
  { binding, model, gateway, firstByteMs }: WorkersAi,
  inputs: Record<string, unknown>,
  signal: AbortSignal,
): Promise<unknown> {
  const patience = { provider: WORKERS_AI, firstByteMs };
  const through = gateway !== undefined && { gateway: { id: gateway, skipCache: true } };
  try {
    return await beginWithin(patience, signal, (abortSignal) =>
      binding.run(model, inputs, { signal: abortSignal, ...through }),
    );
  } catch (thrown) {
    throw thrown instanceof ModelFault ? thrown : toFault(thrown);
  }
}

function toFault(thrown: unknown): ModelFault {
  const message = thrown instanceof Error ? thrown.message : '';
  const code = /^(?:AiError: )?(\d{4}):/.exec(message)?.[1] ?? '';
  if (code === TIMEOUT) return timedOut(WORKERS_AI);
  const status = STATUS[code];
  return status === undefined ? unreachable(WORKERS_AI) : statusFault(WORKERS_AI, status);
}

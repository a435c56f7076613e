/**
 * Several models behind one port: the first that begins to answer is the one that does.
 *
 * The next one is asked only if the provider of the one before has failed (429, 5xx, not reachable, or
 * too slow to begin) and nothing of its answer has come. What a provider refuses for what it was asked is
 * refused, and an answer that was begun is never begun again elsewhere.
 *
 * @module
 */

import { ModelFault } from '../agent/model-fault.ts';
import type { ModelChunk, ModelPort, ModelRequest } from '../agent/ports.ts';
import type { Usage } from '../core/conversation/usage.ts';
import { Fault } from '../core/errors/fault.ts';
import { estimateRequest } from './count-tokens.ts';
import { hearFailure, providerOf } from './hear-failure.ts';
import type { ModelFacts } from './model-facts.ts';
import type { ProviderBreakers } from './provider-health.ts';

export interface Candidate {
  /** `provider/model`. */
  readonly id: string;
  readonly port: ModelPort;
  readonly facts: Pick<ModelFacts, 'tools' | 'contextTokens'>;
}

export interface Failover {
  /** In the order in which they are asked; at least one. */
  readonly candidates: readonly Candidate[];
  readonly workspace: string;
  readonly breakers: ProviderBreakers;
  readonly now: () => number;
}

export function createFailoverModel(failover: Failover): ModelPort {
  const ports = failover.candidates.map(({ port }) => port);
  return {
    stream: (request, signal) => stream(failover, request, signal),
    reserve: (request) => dearest(ports.map((port) => port.reserve(request))),
    price: (input, output) => dearest(ports.map((port) => port.price(input, output))),
  };
}

async function* stream(
  failover: Failover,
  request: ModelRequest,
  signal: AbortSignal,
): AsyncGenerator<ModelChunk> {
  let last: ModelFault | undefined;
  let isTooLong = false;
  for (const candidate of mayBeAsked(failover, request)) {
    const { contextTokens = Infinity } = candidate.facts;
    if (estimateRequest(request, candidate.facts) > contextTokens) {
      isTooLong = true;
      continue;
    }
    const { breakers, workspace, now } = failover;
    const waitMs = breakers.waitMs(workspace, providerOf(candidate.id), now());
    if (waitMs > 0) {
      last ??= leftAlone(failover, candidate, waitMs);
      continue;
    }
    const begun = await begin(failover, candidate, { request, signal });
    if (begun instanceof ModelFault) {
      last = begun;
      continue;
    }
    yield* begun;
    return;
  }
  if (last !== undefined) throw last;
  if (isTooLong) {
    throw new Fault('model_incapable', 'Cannot ask a model: the conversation must fit its context');
  }
}

/** @throws Fault `denied` if none of them may be asked any more. */
function mayBeAsked({ candidates }: Failover, { models }: ModelRequest): readonly Candidate[] {
  const left = candidates.filter(({ id }) => models.includes(id));
  if (left.length === 0) throw new Fault('denied');
  return left;
}

interface Question {
  readonly request: ModelRequest;
  readonly signal: AbortSignal;
}

/** Its answer, once there is something of it; or why the next candidate is asked. */
async function begin(
  failover: Failover,
  candidate: Candidate,
  { request, signal }: Question,
): Promise<AsyncGenerator<ModelChunk> | ModelFault> {
  const { breakers, workspace, now } = failover;
  breakers.begin(workspace, providerOf(candidate.id), now());
  const chunks = candidate.port.stream({ ...request, model: candidate.id }, signal);
  const reader = chunks[Symbol.asyncIterator]();
  try {
    const first = await reader.next();
    return answer(failover, candidate, { reader, first, signal });
  } catch (thrown) {
    hear(failover, candidate, { thrown, signal });
    if (!signal.aborted && mayFailOver(thrown)) return thrown;
    throw thrown;
  }
}

function mayFailOver(thrown: unknown): thrown is ModelFault {
  if (!(thrown instanceof ModelFault)) return false;
  const { failure } = thrown.retry;
  return failure !== undefined && failure !== 'cut-off';
}

interface Answer {
  readonly reader: AsyncIterator<ModelChunk>;
  readonly first: IteratorResult<ModelChunk>;
  readonly signal: AbortSignal;
}

async function* answer(
  failover: Failover,
  candidate: Candidate,
  { reader, first, signal }: Answer,
): AsyncGenerator<ModelChunk> {
  let isOver = false;
  try {
    for (let next = first; next.done !== true; next = await reader.next()) {
      const chunk = next.value;
      isOver = chunk.kind === 'end';
      if (isOver) failover.breakers.succeeded(failover.workspace, providerOf(candidate.id));
      yield chunk.kind === 'end' ? { ...chunk, model: candidate.id } : chunk;
    }
  } catch (thrown) {
    isOver = true;
    hear(failover, candidate, { thrown, signal });
    throw thrown;
  } finally {
    if (!isOver) {
      hear(failover, candidate, { signal });
      await reader.return?.();
    }
  }
}

function hear(
  { breakers, workspace, now }: Failover,
  { id: model }: Candidate,
  failed: { readonly thrown?: unknown; readonly signal: AbortSignal },
): void {
  hearFailure({ breakers, workspace, model }, { ...failed, now: now() });
}

function leftAlone(
  { breakers, workspace, now }: Failover,
  { id }: Candidate,
  retryAfterMs: number,
): ModelFault {
  const provider = providerOf(id);
  const { failure } = breakers.healthOf(workspace, provider, now());
  return new ModelFault(`Cannot ask the provider "${provider}": it must have time to recover`, {
    retryable: false,
    retryAfterMs,
    ...(failure !== undefined && { failure }),
  });
}

function dearest(all: readonly Usage[]): Usage {
  return {
    inputTokens: Math.max(...all.map(({ inputTokens }) => inputTokens)),
    outputTokens: Math.max(...all.map(({ outputTokens }) => outputTokens)),
    costMicroUsd: Math.max(...all.map(({ costMicroUsd }) => costMicroUsd)),
  };
}

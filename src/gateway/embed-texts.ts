/**
 * Turns texts into vectors for a principal: decided, reserved and recorded by his workspace, asked of the
 * model, and settled with what it has cost.
 *
 * Vectors of different models cannot be compared, so an alias means its first model here, and no other is
 * asked where that one fails. It is asked once more where its provider broke in a way that may pass.
 *
 * @module
 */

import { ModelFault } from '../agent/model-fault.ts';
import { randomHex } from '../blocks/kit/keys.ts';
import type { ErrandRefusal, OpenedErrand } from '../blocks/workspace/errand-api.ts';
import { openErrands } from '../blocks/workspace/errand-client.ts';
import type { Actor } from '../blocks/workspace/workspace-api.ts';
import { estimateTokens } from '../core/conversation/estimate-tokens.ts';
import { addUsage, NO_USAGE } from '../core/conversation/usage.ts';
import { faultCode } from '../core/errors/fault.ts';
import { MODEL_NAME } from '../core/policy/model-name.ts';
import { aliasOf } from '../core/policy/model-policy.ts';
import { type SessionId, toTurnId } from '../core/primitives/ids.ts';
import { chooseEmbedding } from '../models/choose-embedding.ts';
import type { ModelTerms } from '../models/choose-model.ts';
import type { Embedded, EmbeddingPort, EmbeddingRequest } from '../models/embedding-port.ts';
import { hearFailure, providerOf } from '../models/hear-failure.ts';
import { factsOf } from '../models/model-facts.ts';
import { providerBreakers } from '../models/provider-health.ts';
import { missingGrant } from './admit.ts';
import type { GatewayBindings } from './bindings.ts';
import { invalidBody, Refusal } from './refusal.ts';
import { toIncapable, unknownModel } from './require-model.ts';

/** Most numbers of one answer: 512 vectors of 3,072 places. */
const MAX_VALUES = 1_572_864;

/** Longest that all requests to the provider may take, in milliseconds. */
const MAX_DURATION_MS = 60_000;

/** Under which any price will do. */
const ANY_TERMS: ModelTerms = {
  firstByteMs: MAX_DURATION_MS,
  unknownPrice: 'worst-case',
};

const RETRY_MS = 500;
const CHANCE_BYTES = 16;

export interface EmbeddingOrder extends EmbeddingRequest {
  readonly model: string;
  readonly sessionId: SessionId;
  /** Name of the route, or of the tool, that asks. */
  readonly operation: string;
  /** Longest that it may take, in milliseconds. */
  readonly patienceMs?: number;
}

export interface EmbeddedTexts extends Embedded {
  /** The one that was asked. */
  readonly model: string;
}

/** @throws Refusal before anything is asked, or a ModelFault. */
export async function embedTexts(
  env: GatewayBindings,
  actor: Actor,
  order: EmbeddingOrder,
): Promise<EmbeddedTexts> {
  const { model: name, sessionId, operation, texts, patienceMs = MAX_DURATION_MS } = order;
  requireEmbedding(env, name);
  const workspace = openErrands(env, actor.principal.workspace);
  const startedAt = Date.now();
  const reservation = toTurnId(randomHex(CHANCE_BYTES));
  const deadlineAt = startedAt + patienceMs;
  const facts = { reservation, count: texts.length, operation };
  const opened = await workspace.openErrand(actor, {
    ...facts,
    kind: 'embedding',
    sessionId,
    deadlineAt,
    model: name,
  });
  if (!opened.ok) throw toRefusal(opened.error);
  const [model] = opened.value.models;
  const settle = (usage: Embedded['usage'], reason?: string) => {
    const durationMs = Math.max(0, Date.now() - startedAt);
    const ended = { ...facts, model, usage, durationMs, ...(reason !== undefined && { reason }) };
    return workspace.settleErrand(actor, ended);
  };
  let usage = NO_USAGE;
  try {
    const port = prepare(env, order, opened.value);
    const vectors: (readonly number[])[] = [];
    const asked = { model, workspace: actor.principal.workspace, patienceMs };
    for await (const part of askInParts(port, order, asked)) {
      vectors.push(...part.vectors);
      usage = addUsage(usage, part.usage);
    }
    await settle(usage);
    return { vectors, usage, model };
  } catch (thrown) {
    await settle(usage, faultCode(thrown) ?? 'internal');
    throw thrown;
  }
}

/**
 * Refuses what no workspace can mean, so that no text of a caller's comes onto the record as a model.
 * What an alias stands for, and what a price must be, is the workspace's to say.
 */
function requireEmbedding(env: GatewayBindings, model: string): void {
  if (!MODEL_NAME.test(model)) throw unknownModel();
  if (aliasOf(model) === undefined) chosenFrom(env, model, ANY_TERMS);
}

function chosenFrom(env: GatewayBindings, model: string, terms: ModelTerms): EmbeddingPort {
  const chosen = chooseEmbedding(env, model, terms);
  if (chosen.ok) return chosen.value;
  throw factsOf(env, model).kind === 'language' ? toIncapable('kind') : unknownModel();
}

/** The model, once all that can be said before it is asked was looked at. */
function prepare(
  env: GatewayBindings,
  { texts, dimensions }: EmbeddingOrder,
  { models: [model], slice, ...terms }: OpenedErrand,
): EmbeddingPort {
  const { contextTokens = Infinity } = factsOf(env, model);
  const port = chosenFrom(env, model, terms);
  if (texts.some(({ length }) => estimateTokens(length) > contextTokens))
    throw toIncapable('context');
  const { usual, least, most } = port.dimensions;
  if (dimensions !== undefined && (dimensions < least || dimensions > most)) {
    throw invalidBody({ pointer: '/dimensions', detail: `it must be ${least} to ${most}` });
  }
  if (texts.length * (dimensions ?? usual) > MAX_VALUES) {
    const detail = `inputs times dimensions must be at most ${MAX_VALUES}`;
    throw invalidBody({ pointer: '/input', detail });
  }
  const { inputTokens, costMicroUsd } = port.reserve(texts);
  if (inputTokens > slice.tokens || costMicroUsd > slice.costMicroUsd) {
    const detail = 'Cannot embed: the texts must fit into what is left of the budget';
    throw new Refusal('budget_exhausted', { detail });
  }
  return port;
}

interface Asked {
  readonly workspace: string;
  readonly model: string;
  readonly patienceMs: number;
}

/** In as many requests as the provider needs, one after the other. */
async function* askInParts(
  port: EmbeddingPort,
  { texts, ...order }: EmbeddingOrder,
  asked: Asked,
): AsyncGenerator<Embedded> {
  const signal = AbortSignal.timeout(asked.patienceMs);
  const most = Math.max(1, Math.min(await port.textsAtOnce(), texts.length));
  for (let from = 0; from < texts.length; from += most) {
    const part = { ...order, texts: texts.slice(from, from + most) };
    yield await ask((): Promise<Embedded> => port.embed(part, signal), asked, signal);
  }
}

/** Twice at most, both within what is reserved: a request that failed costs nothing. */
async function ask(
  embed: () => Promise<Embedded>,
  asked: Asked,
  signal: AbortSignal,
): Promise<Embedded> {
  const { workspace, model } = asked;
  const provider = providerOf(model);
  const breakers = providerBreakers;
  for (let attempt = 1; ; attempt++) {
    const waitMs = breakers.waitMs(workspace, provider, Date.now());
    if (waitMs > 0) throw new Refusal('model_failed', { retryAfterMs: waitMs });
    breakers.begin(workspace, provider, Date.now());
    try {
      const embedded = await embed();
      breakers.succeeded(workspace, provider);
      return embedded;
    } catch (thrown) {
      hearFailure({ breakers, workspace, model }, { thrown, signal, now: Date.now() });
      const retry = thrown instanceof ModelFault ? thrown.retry : undefined;
      if (retry?.retryable !== true || attempt > 1 || signal.aborted) throw thrown;
      await scheduler.wait(Math.max(RETRY_MS, retry.retryAfterMs ?? 0));
    }
  }
}

function toRefusal({ code, retryAfterMs, budget }: ErrandRefusal): Refusal {
  if (code === 'denied') return missingGrant('provider:embedding');
  if (code === 'model_unknown') return unknownModel();
  return new Refusal(code, {
    ...(retryAfterMs !== undefined && { retryAfterMs }),
    ...(budget && { detail: `Cannot embed: the budget "${budget}" must not be used up` }),
  });
}

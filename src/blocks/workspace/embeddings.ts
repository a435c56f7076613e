/**
 * Opens and settles embeddings: decided, reserved and on the record before any text leaves, and settled
 * with what they have cost.
 *
 * @module
 */

import { capSlice } from '../../core/policy/cap-slice.ts';
import { turnCeilingOf } from '../../core/policy/caveat-bounds.ts';
import { usableModels } from '../../core/policy/model-access.ts';
import { err, ok, type Result } from '../../core/primitives/result.ts';
import type {
  EmbeddingRefusal,
  EndedEmbedding,
  OpenEmbedding,
  OpenedEmbedding,
} from './embedding-api.ts';
import { recordDenial } from './refusals.ts';
import { openTurn, settleTurn } from './turns.ts';
import type { Actor } from './workspace-api.ts';
import {
  actorEvent,
  record,
  refuseUnrecorded,
  transact,
  type WorkspaceParts,
} from './workspace-parts.ts';

type Opened = Result<OpenedEmbedding, EmbeddingRefusal>;

export function openEmbedding(parts: WorkspaceParts, actor: Actor, order: OpenEmbedding): Opened {
  if (refuseUnrecorded(parts) !== undefined) return err({ code: 'audit_unavailable' });
  const { principal } = actor;
  const now = parts.now();
  const authority = parts.authorities.of(principal, now);
  const wish = { use: 'provider:embedding', now } as const;
  const [first, ...others] = authority ? usableModels(authority, order.model, wish) : [];
  if (authority === undefined || first === undefined) {
    const { operation } = order;
    const reason = 'principal_grant_missing';
    recordDenial(parts, actor, { operation, reason, family: wish.use });
    return err({ code: 'denied' });
  }
  const { models, budgets } = authority.policy;
  const reserved = reserve(parts, actor, { ...order, model: first });
  if (!reserved.ok) return reserved;
  const { firstByteMs } = models;
  const { unknownPrice } = budgets;
  return ok({ models: [first, ...others], slice: reserved.value, firstByteMs, unknownPrice });
}

function reserve(
  parts: WorkspaceParts,
  actor: Actor,
  order: OpenEmbedding,
): Result<OpenedEmbedding['slice'], EmbeddingRefusal> {
  const { principal } = actor;
  const { reservation: turnId, sessionId, model, deadlineAt, count, operation } = order;
  const isNew = parts.turns.find(turnId) === undefined;
  const driver = { kind: 'model', model } as const;
  const opened = transact(parts, () => {
    const answer = openTurn(parts, { turnId, sessionId, principal, deadlineAt, driver });
    if (answer.ok && isNew) {
      const facts = { action: 'embeddings-admitted', model, count, operation, turnId } as const;
      record(parts, actorEvent(parts, actor, facts));
    }
    return answer;
  });
  parts.flush();
  if (!opened.ok) {
    const { reason, ...rest } = opened.error;
    const isBudget = reason === 'token_budget' || reason === 'money_budget';
    return err({ code: isBudget ? 'budget_exhausted' : 'rate_limited', ...rest });
  }
  const nothing = { tokens: 0, costMicroUsd: 0 };
  const capped = capSlice(opened.value.slice, turnCeilingOf(principal), nothing);
  return ok({ tokens: capped.tokens, costMicroUsd: capped.costMicroUsd });
}

export function settleEmbedding(
  parts: WorkspaceParts,
  actor: Actor,
  { reservation: turnId, usage, ...facts }: EndedEmbedding,
): void {
  if (parts.turns.find(turnId) === undefined) return;
  const { inputTokens, outputTokens, costMicroUsd } = usage;
  transact(parts, () => {
    settleTurn(parts, turnId, { tokens: inputTokens + outputTokens, costMicroUsd, toolCalls: {} });
    const event = {
      action: 'model-called',
      decision: 'observed',
      ...facts,
      usage,
      turnId,
    } as const;
    record(parts, actorEvent(parts, actor, event));
  });
  parts.flush();
}

/**
 * Opens and settles errands: decided, reserved and on the record before any text leaves, and settled with
 * what they have cost.
 *
 * @module
 */

import type { AuditAction } from '../../core/audit/audit-event.ts';
import type { Authority } from '../../core/policy/authority.ts';
import { capSlice } from '../../core/policy/cap-slice.ts';
import { turnCeilingOf } from '../../core/policy/caveat-bounds.ts';
import { isUnknownAlias, type ModelUse, usableModels } from '../../core/policy/model-access.ts';
import { isEmbeddedModel } from '../../core/policy/model-name.ts';
import { toSpenderName } from '../../core/policy/principal.ts';
import { err, ok, type Result } from '../../core/primitives/result.ts';
import type {
  EndedErrand,
  ErrandKind,
  ErrandRefusal,
  OpenErrand,
  OpenedErrand,
} from './errand-api.ts';
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

interface Manner {
  readonly use: ModelUse;
  readonly admitted: AuditAction;
  /** Whether the session that it names is there to be named on the record. */
  readonly isOfSession: boolean;
}

const MANNERS: Readonly<Record<ErrandKind, Manner>> = {
  embedding: { use: 'provider:embedding', admitted: 'embeddings-admitted', isOfSession: false },
  summary: { use: 'provider:llm:call', admitted: 'summary-admitted', isOfSession: true },
};

/** After which a summary that found no place is asked for again, in milliseconds. */
const NO_PLACE_MS = 5_000;

export function openErrand(
  parts: WorkspaceParts,
  actor: Actor,
  order: OpenErrand,
): Result<OpenedErrand, ErrandRefusal> {
  if (refuseUnrecorded(parts) !== undefined) return err({ code: 'audit_unavailable' });
  const authority = parts.authorities.of(actor.principal, parts.now());
  if (authority && isUnknownAlias(authority, order.model)) return err({ code: 'model_unknown' });
  const [first, ...others] = authority ? modelsFor(parts, authority, order) : [];
  if (authority === undefined || first === undefined) {
    const { operation } = order;
    const reason = 'principal_grant_missing';
    recordDenial(parts, actor, { operation, reason, family: MANNERS[order.kind].use });
    return err({ code: 'denied' });
  }
  if (!hasPlace(parts, actor, order)) {
    return err({ code: 'rate_limited', retryAfterMs: NO_PLACE_MS });
  }
  const reserved = reserve(parts, actor, { ...order, model: first });
  if (!reserved.ok) {
    parts.summaryPlaces.leave(order.reservation);
    return reserved;
  }
  const { models, budgets, limits, scan } = authority.policy;
  return ok({
    models: [first, ...others],
    slice: reserved.value,
    firstByteMs: models.firstByteMs,
    unknownPrice: budgets.unknownPrice,
    inspection: { limits, scan },
  });
}

/** What the gateway has of its own writes no summaries. */
function modelsFor(
  parts: WorkspaceParts,
  authority: Authority,
  { kind, model }: OpenErrand,
): readonly string[] {
  const usable = usableModels(authority, model, { use: MANNERS[kind].use, now: parts.now() });
  return kind === 'summary' ? usable.filter((one) => !isEmbeddedModel(one)) : usable;
}

function hasPlace(
  { summaryPlaces, now }: WorkspaceParts,
  { principal }: Actor,
  { kind, reservation, deadlineAt: until }: OpenErrand,
): boolean {
  if (kind !== 'summary') return true;
  return summaryPlaces.take(reservation, { spender: toSpenderName(principal), until }, now());
}

function reserve(
  parts: WorkspaceParts,
  actor: Actor,
  order: OpenErrand,
): Result<OpenedErrand['slice'], ErrandRefusal> {
  const { principal } = actor;
  const { reservation: turnId, kind, sessionId, model, deadlineAt, count, operation } = order;
  const isNew = parts.turns.find(turnId) === undefined;
  const driver = { kind: 'model', model } as const;
  const opened = transact(parts, () => {
    const request = { turnId, sessionId, principal, deadlineAt, driver };
    const answer = openTurn(parts, request, 'errand');
    if (answer.ok && isNew) {
      const { admitted: action, isOfSession } = MANNERS[kind];
      const facts = { action, model, count, operation, turnId, ...(isOfSession && { sessionId }) };
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
  const capped = capSlice(opened.value.slice, turnCeilingOf(principal, order.ceiling), nothing);
  return ok({ tokens: capped.tokens, costMicroUsd: capped.costMicroUsd });
}

export function settleErrand(
  parts: WorkspaceParts,
  actor: Actor,
  { reservation: turnId, usage, ...facts }: EndedErrand,
): void {
  parts.summaryPlaces.leave(turnId);
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

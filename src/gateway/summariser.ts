/**
 * Writes summaries by a model: a `WorkerEntrypoint` of the gateway Worker that blocks ask in the
 * background, since they know no models themselves. It keeps nothing.
 *
 * It is a call of a model like any other: decided with the authority of the principal whose conversation
 * it is, reserved from his budget, settled, and on the record.
 *
 * @module
 */

import { WorkerEntrypoint } from 'cloudflare:workers';
import { randomHex } from '../blocks/kit/keys.ts';
import type { ErrandRefusal } from '../blocks/workspace/errand-api.ts';
import { openErrands } from '../blocks/workspace/errand-client.ts';
import { NO_USAGE, type Usage } from '../core/conversation/usage.ts';
import type { SummaryAnswer, SummaryOrder } from '../core/memory/summary-order.ts';
import type { Spend } from '../core/policy/ledger.ts';
import { toTurnId } from '../core/primitives/ids.ts';
import type { GatewayBindings } from './bindings.ts';
import { PATIENCE_MS, RETRY_MS, type WrittenSummary, writeSummary } from './write-summary.ts';

const CHANCE_BYTES = 16;

/** On the record, where a route would stand. */
const OPERATIONS: Readonly<Record<SummaryOrder['of'], string>> = {
  conversation: 'summariseConversation',
  notes: 'summariseNotes',
};

/** Worth another attempt: what broke is ours, or a neighbour's. */
const BROKEN: WrittenSummary = {
  answer: { kind: 'failed', retryAfterMs: RETRY_MS },
  usage: NO_USAGE,
  reason: 'internal',
};

export class Summariser extends WorkerEntrypoint<GatewayBindings> {
  async summarise(order: SummaryOrder): Promise<SummaryAnswer> {
    const { principal, requestId, sessionId, ceiling } = order;
    const actor = { principal, requestId };
    const errands = openErrands(this.env, principal.workspace);
    const startedAt = Date.now();
    const facts = {
      reservation: toTurnId(randomHex(CHANCE_BYTES)),
      count: order.lines.length,
      operation: OPERATIONS[order.of],
      sessionId,
    };
    const opened = await errands.openErrand(actor, {
      ...facts,
      kind: 'summary',
      model: order.model,
      deadlineAt: startedAt + PATIENCE_MS,
      ...(ceiling && { ceiling }),
    });
    if (!opened.ok) return toFailure(opened.error);
    const [first] = opened.value.models;
    const written = await writeSummary(this.env, order, opened.value).catch(() => BROKEN);
    const { answer, ...ended } = written;
    const durationMs = Math.max(0, Date.now() - startedAt);
    await errands.settleErrand(actor, { model: first, ...facts, ...ended, durationMs });
    return answer.kind === 'failed' ? { ...answer, spent: toSpend(ended.usage) } : answer;
  }
}

function toSpend({ inputTokens, outputTokens, costMicroUsd }: Usage): Spend {
  return { tokens: inputTokens + outputTokens, costMicroUsd };
}

/** What was refused for want of a grant or of money would be refused again. */
function toFailure({ code, retryAfterMs = RETRY_MS }: ErrandRefusal): SummaryAnswer {
  const passes = code === 'rate_limited' || code === 'audit_unavailable';
  return { kind: 'failed', ...(passes && { retryAfterMs }) };
}

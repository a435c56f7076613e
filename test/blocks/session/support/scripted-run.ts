/**
 * A run of a turn, made by hand: builds batches as the agent's loop commits them.
 *
 * @module
 */

import { sha256Hex } from '../../../../src/blocks/kit/keys.ts';
import type { SessionApi } from '../../../../src/blocks/session/session-api.ts';
import type { AuditEvent } from '../../../../src/core/audit/audit-event.ts';
import type {
  JournalBatch,
  JournalEntry,
  JournalReceipt,
  JournalRefusal,
} from '../../../../src/core/conversation/journal-entry.ts';
import type { AssistantMessage } from '../../../../src/core/conversation/message.ts';
import type { ToolResult } from '../../../../src/core/conversation/tool-result.ts';
import type { Turn } from '../../../../src/core/conversation/turn.ts';
import type { Usage } from '../../../../src/core/conversation/usage.ts';
import type { TicketClaims } from '../../../../src/core/executor-protocol/ticket.ts';
import type { ApprovalRequest } from '../../../../src/core/policy/approval.ts';
import { PRINCIPAL_LABEL, UNTRUSTED_LABEL } from '../../../../src/core/policy/labels.ts';
import { toPrincipalName } from '../../../../src/core/policy/principal.ts';
import { toApprovalId } from '../../../../src/core/primitives/approval-id.ts';
import type { Result } from '../../../../src/core/primitives/result.ts';

/** What every reply costs here. */
export const REPLY_USAGE: Usage = { inputTokens: 10, outputTokens: 5, costMicroUsd: 7 };

export type Committed = Result<JournalReceipt, JournalRefusal>;

export function toReply(
  round: number,
  tools: readonly string[] = [],
  text = '',
): Extract<JournalEntry, { kind: 'reply' }> {
  const message: AssistantMessage = {
    role: 'assistant',
    content: text,
    toolCalls: tools.map((name, index) => ({
      id: `call_${round}_${index}`,
      name,
      argumentsText: '{}',
    })),
    label: UNTRUSTED_LABEL,
  };
  return { kind: 'reply', round, message, unsentText: text, usage: REPLY_USAGE };
}

export function toResult(content = 'done'): ToolResult {
  return {
    content,
    truncated: false,
    label: UNTRUSTED_LABEL,
    findings: [],
    cost: { durationMs: 1 },
  };
}

export function toFinished(
  round: number,
  index: number,
  content?: string,
): Extract<JournalEntry, { kind: 'call-finished' }> {
  const end = { kind: 'result', result: toResult(content) } as const;
  return { kind: 'call-finished', round, index, tool: 'fetch', end };
}

export function toTurnFinished(output = 'bye'): JournalEntry {
  return { kind: 'turn-finished', output, usage: REPLY_USAGE };
}

export function toToolEvent(decision: AuditEvent['decision'] = 'allowed'): AuditEvent {
  return { action: 'tool-call', decision, at: 1, actor: 'user:alice', tool: 'fetch' };
}

export class ScriptedRun {
  readonly turn: Turn;
  readonly #session: SessionApi;

  constructor(session: SessionApi, turn: Turn) {
    this.#session = session;
    this.turn = turn;
  }

  batch(entries: readonly JournalEntry[], over: Partial<JournalBatch> = {}): JournalBatch {
    const { turnId, epoch, authority } = this.turn;
    return { turnId, epoch, revision: authority.revision, entries, audit: [], ...over };
  }

  commit(entries: readonly JournalEntry[], over: Partial<JournalBatch> = {}): Promise<Committed> {
    return this.#session.commit(this.batch(entries, over));
  }

  claims(round: number, index: number, over: Partial<TicketClaims> = {}): TicketClaims {
    const { turnId, sessionId, workspace, epoch, authority, deadlineAt } = this.turn;
    return {
      workspace,
      session: sessionId,
      callKey: `${turnId}/${round}/${index}`,
      tool: 'fetch',
      plugin: 'web',
      pluginVersion: '1.0.0',
      codeHash: 'c'.repeat(64),
      argumentHash: 'a'.repeat(64),
      tier: 'wasm',
      label: PRINCIPAL_LABEL,
      revision: authority.revision,
      epoch,
      deadlineAt,
      ...over,
    };
  }

  started(
    round: number,
    index: number,
    over: { claims?: Partial<TicketClaims>; repeatable?: boolean } = {},
  ): Extract<JournalEntry, { kind: 'call-started' }> {
    const claims = this.claims(round, index, over.claims);
    const repeatable = over.repeatable ?? false;
    return {
      kind: 'call-started',
      round,
      index,
      tool: 'fetch',
      claims,
      arguments: {},
      repeatable,
    };
  }

  /** A question to a human about one call; its approval is of this hash. */
  asked(
    round: number,
    index: number,
    over: Partial<ApprovalRequest> = {},
  ): Extract<JournalEntry, { kind: 'approval-needed' }> {
    const { turnId, sessionId, authority } = this.turn;
    const claims = this.claims(round, index);
    const { tool, plugin, pluginVersion, codeHash, argumentHash, label, callKey } = claims;
    const principal = toPrincipalName(authority.principal);
    const binding = {
      ...{ tool, plugin, pluginVersion, codeHash, argumentHash, label, callKey, principal },
      rules: 'r',
    };
    const hash = over.hash ?? `hash of ${turnId}/${round}/${index}`;
    const askedAt = Date.now();
    const request: ApprovalRequest = {
      id: toApprovalId(sessionId, sha256Hex(hash)),
      binding,
      hash,
      arguments: { to: 'bob' },
      argumentsHmac: 'h'.repeat(64),
      capabilities: ['tool:call:fetch'],
      askedAt,
      expiresAt: askedAt + 60_000,
      ...over,
    };
    return { kind: 'approval-needed', round, index, tool, request };
  }

  holdLease(): ReturnType<SessionApi['holdLease']> {
    return this.#session.holdLease(this.turn.turnId, this.turn.epoch);
  }
}

/**
 * What the workspace block answers over RPC about embeddings: who may have them, and what they cost. They
 * need no session, so the workspace itself opens and settles them, and puts both on the record.
 *
 * @module
 */

import type { Usage } from '../../core/conversation/usage.ts';
import type { LedgerName } from '../../core/policy/budget-ledgers.ts';
import type { Budgets } from '../../core/policy/budgets.ts';
import type { Spend } from '../../core/policy/ledger.ts';
import type { SessionId, TurnId } from '../../core/primitives/ids.ts';
import type { Result } from '../../core/primitives/result.ts';
import type { Actor } from './workspace-api.ts';

export interface OpenEmbedding {
  /** Of no turn, but counted like one: tells the reservation apart. */
  readonly reservation: TurnId;
  /** Whose session's budget it is; of no session where it belongs to none. */
  readonly sessionId: SessionId;
  /** A model or an alias. */
  readonly model: string;
  /** Texts to embed. */
  readonly count: number;
  /** As late as it can possibly end, epoch milliseconds. */
  readonly deadlineAt: number;
  /** Name of the route, or of the tool, that asks. */
  readonly operation: string;
}

export interface OpenedEmbedding {
  /** What the name stands for and the principal may ask. */
  readonly models: readonly [string, ...string[]];
  /** Most that it may cost. */
  readonly slice: Spend;
  readonly firstByteMs: number;
  readonly unknownPrice: Budgets['unknownPrice'];
}

export interface EmbeddingRefusal {
  readonly code: 'denied' | 'budget_exhausted' | 'rate_limited' | 'audit_unavailable';
  readonly retryAfterMs?: number;
  /** The budget that is used up, where that was it. */
  readonly budget?: LedgerName;
}

export interface EndedEmbedding extends Pick<OpenEmbedding, 'reservation' | 'count' | 'operation'> {
  /** The model that was asked. */
  readonly model: string;
  readonly usage: Usage;
  readonly durationMs: number;
  /** An error code, where there are no vectors. */
  readonly reason?: string;
}

export interface EmbeddingApi {
  /** Reserves up to a turn's worth. The same reservation again is answered again. */
  openEmbedding(
    actor: Actor,
    order: OpenEmbedding,
  ): Promise<Result<OpenedEmbedding, EmbeddingRefusal>>;
  /** Gives back what was not spent; a reservation that is not open is ignored. */
  settleEmbedding(actor: Actor, ended: EndedEmbedding): Promise<void>;
}

/**
 * What the workspace block answers over RPC about *errands*: requests to a model that are no turn, for
 * texts to embed or to summarise. Who may send them and what they cost: the workspace itself opens and
 * settles them, and puts both on the record.
 *
 * @module
 */

import type { Usage } from '../../core/conversation/usage.ts';
import type { LedgerName } from '../../core/policy/budget-ledgers.ts';
import type { Budgets } from '../../core/policy/budgets.ts';
import type { Spend } from '../../core/policy/ledger.ts';
import type { Policy } from '../../core/policy/policy.ts';
import type { SessionId, TurnId } from '../../core/primitives/ids.ts';
import type { Result } from '../../core/primitives/result.ts';
import type { Actor } from './workspace-api.ts';

export type ErrandKind = 'embedding' | 'summary';

export interface OpenErrand {
  /** Of no turn, but counted like one: tells the reservation apart. */
  readonly reservation: TurnId;
  readonly kind: ErrandKind;
  /** Whose session's budget it is; of no session where it belongs to none. */
  readonly sessionId: SessionId;
  /** A model or an alias. */
  readonly model: string;
  /** Texts to embed, or messages and notes to summarise. */
  readonly count: number;
  /** Most that it may cost, beside what the principal's credential says. */
  readonly ceiling?: Spend;
  /** As late as it can possibly end, epoch milliseconds. */
  readonly deadlineAt: number;
  /** Name of the route, of the tool, or of the work that asks. */
  readonly operation: string;
}

export interface OpenedErrand {
  /** What the name stands for and the principal may ask. */
  readonly models: readonly [string, ...string[]];
  /** Most that it may cost. */
  readonly slice: Spend;
  readonly firstByteMs: number;
  readonly unknownPrice: Budgets['unknownPrice'];
  /** By which a text is inspected that the model writes. */
  readonly inspection: Pick<Policy, 'limits' | 'scan'>;
}

export interface ErrandRefusal {
  readonly code:
    | 'denied'
    | 'model_unknown'
    | 'budget_exhausted'
    | 'rate_limited'
    | 'audit_unavailable';
  readonly retryAfterMs?: number;
  /** The budget that is used up, where that was it. */
  readonly budget?: LedgerName;
}

export interface EndedErrand extends Pick<OpenErrand, 'reservation' | 'count' | 'operation'> {
  /** The model that was asked, or that has answered. */
  readonly model: string;
  readonly usage: Usage;
  readonly durationMs: number;
  /** An error code or a reason, where nothing came of it. */
  readonly reason?: string;
  /** Where the record is to name it. */
  readonly sessionId?: SessionId;
  /** What the scanners found in a text that the model wrote. */
  readonly findings?: readonly string[];
}

export interface ErrandApi {
  /** Reserves up to a turn's worth. The same reservation again is answered again. */
  openErrand(actor: Actor, order: OpenErrand): Promise<Result<OpenedErrand, ErrandRefusal>>;
  /** Gives back what was not spent; a reservation that is not open is ignored. */
  settleErrand(actor: Actor, ended: EndedErrand): Promise<void>;
}

/**
 * What the session block answers over RPC. `session-client.ts` is the only file that reaches it.
 *
 * @module
 */

import type { ClientWishes } from '../../core/conversation/client-wishes.ts';
import type {
  JournalBatch,
  JournalReceipt,
  JournalRefusal,
} from '../../core/conversation/journal-entry.ts';
import type { Message } from '../../core/conversation/message.ts';
import type { RunCost, ToolResult } from '../../core/conversation/tool-result.ts';
import type { Turn, TurnDriver, TurnStatus } from '../../core/conversation/turn.ts';
import type { TurnEvent } from '../../core/conversation/turn-event.ts';
import type { Usage } from '../../core/conversation/usage.ts';
import type { ErrorCode } from '../../core/errors/codes.ts';
import type { Denial } from '../../core/errors/denial.ts';
import type { TicketClaims } from '../../core/executor-protocol/ticket.ts';
import type { Authority } from '../../core/policy/authority.ts';
import type { LedgerName } from '../../core/policy/budget-ledgers.ts';
import type { Label } from '../../core/policy/labels.ts';
import type { Spend } from '../../core/policy/ledger.ts';
import type { Principal } from '../../core/policy/principal.ts';
import type { NoRoom } from '../../core/policy/room.ts';
import type { SessionId, TurnId } from '../../core/primitives/ids.ts';
import type { Result } from '../../core/primitives/result.ts';
import type { SessionApprovalsApi } from './approval-api.ts';

export interface CreateSession {
  readonly sessionId: SessionId;
  readonly principal: Principal;
  readonly requestId: string;
  readonly title?: string;
  readonly system?: string;
  readonly model?: string;
  /** Deleted this many milliseconds after its last turn; for sessions nobody named. */
  readonly ephemeralMs?: number;
}

/** A summary, and what it is of. What it is of stays where it is. */
export interface ShortenedView {
  readonly text: string;
  /** Of all that it is made of. */
  readonly label: Label;
  /** The first so many turns, and messages up to that number. */
  readonly turns: number;
  readonly messages: number;
  /** The model that wrote it; absent where the gateway shortened by rule. */
  readonly model?: string;
  /** Epoch milliseconds. */
  readonly at?: number;
}

export interface AdmitTurn {
  readonly sessionId: SessionId;
  readonly principal: Principal;
  readonly requestId: string;
  readonly driver: TurnDriver | { readonly kind: 'default-model'; readonly streams?: true };
  /**
   * Messages to add before the run; the last one is the user's, or says what came of a call that was
   * handed over, except for programs.
   */
  readonly messages: readonly Message[];
  /** What the client brings along for the model. */
  readonly wishes?: ClientWishes;
  /** Names of skills that the turn begins with. */
  readonly skills?: readonly string[];
  /** The turn that this one follows: any other since then refuses it, unless that failed or was cancelled. */
  readonly after?: TurnId;
  /** Where the HTTP request carried an `Idempotency-Key`: the key and the body's hash. */
  readonly idempotency?: { readonly key: string; readonly bodyHash: string };
  /** As in `Turn`; unless it is said, those wait that can be asked for again. */
  readonly onAsk?: Turn['onAsk'];
  /**
   * For a program's call that has no part in a conversation: it is shown nothing of its session's, and
   * adds nothing to it. The session is its journal, and may be that of such calls before it.
   */
  readonly standsAlone?: true;
  /** Most that the turn may spend, where that is less than its workspace would let it. */
  readonly ceiling?: Spend;
  /**
   * Makes the session in the same transaction if it does not exist; if it does, its system message is
   * from now on the one that this names.
   */
  readonly create?: CreateSession;
}

export interface Admission {
  readonly turnId: TurnId;
  /** An earlier turn with the same idempotency key and body. */
  readonly replayed: boolean;
}

/** Why a turn was not admitted. */
export interface AdmissionRefusal {
  readonly code: Extract<
    ErrorCode,
    | 'not_found'
    | 'conflict'
    | 'turn_waiting'
    | 'lane_full'
    | 'rate_limited'
    | 'budget_exhausted'
    | 'idempotency_conflict'
    | 'audit_unavailable'
    | 'model_unknown'
    | 'skill_unknown'
    | 'denied'
  >;
  readonly retryAfterMs?: number;
  /** The budget that is used up, where that was it. */
  readonly budget?: LedgerName;
  /** Whose rate of tool calls has no room for another turn, where that was it. */
  readonly rate?: 'session' | 'principal' | 'workspace';
  /** Why the messages were refused, where that was it. */
  readonly denial?: Denial;
}

export interface CallSummary {
  readonly round: number;
  readonly index: number;
  readonly tool: string;
  /** `handed-over`: the client runs it. */
  readonly status: 'approved' | 'denied' | 'finished' | 'handed-over' | 'unknown' | 'waiting';
  readonly check?: string;
  readonly reason?: string;
  /** What it waits for. */
  readonly approvalId?: string;
}

/** The JSON answer of a turn. */
export interface TurnSummary {
  readonly turnId: TurnId;
  readonly status: TurnStatus;
  readonly output: string;
  readonly usage: Usage;
  readonly toolCalls: readonly CallSummary[];
  /** Of all that may have shaped the output, earlier turns of the session included. */
  readonly label: Label;
  /** Set when the turn failed. */
  readonly code?: ErrorCode | 'cancelled';
  /** After a failure: before that, asking again is in vain. */
  readonly retryAfterMs?: number;
}

/** How the single call of a program ended, or what it waits for. */
export type ProgramOutcome = (
  | { readonly kind: 'result'; readonly result: ToolResult }
  /** `cost` where a tier says so. */
  | { readonly kind: 'denied'; readonly denial: Denial; readonly cost?: RunCost }
  /** For a human; asked again, the session tells what became of it. */
  | { readonly kind: 'waiting'; readonly approvalId: string; readonly expiresAt: number }
  | { readonly kind: 'failed'; readonly code: ErrorCode | 'cancelled' }
) & {
  /** Its session would take another call that stands alone, of the same principal. */
  readonly takesAnother?: true;
};

export interface SessionDescription {
  readonly id: SessionId;
  readonly createdAt: number;
  readonly createdBy: string;
  readonly title?: string;
  readonly model?: string;
  readonly turns: number;
  readonly activeTurn?: TurnId;
}

/** Who follows a turn, and what it takes to: he may have lost it since he began. */
export interface TurnReader {
  readonly principal: Principal;
  readonly capability: 'session:read' | 'session:turn';
}

export interface EventRequest {
  readonly turnId: TurnId;
  readonly afterId: number;
  readonly waitMs: number;
}

export interface FollowRequest extends EventRequest {
  readonly reader: TurnReader;
}

export interface EventPage {
  readonly events: readonly TurnEvent[];
  /** True when the turn's last event is in this page or before it. */
  readonly ended: boolean;
}

/** There is no such turn, or not any more; or its reader may not follow it any more. */
export type NotFollowed = 'gone' | 'refused';

export interface HostCallRequest {
  readonly claims: TicketClaims;
  /** The full capability that this host call needs, parsed again by the session. */
  readonly capability: string;
  /**
   * True for anything that leaves the platform, and for what the plugin stores: from then on the
   * call is never run twice.
   */
  readonly outward: boolean;
  /** Of what the call has read through its host so far; joined to that of its turn. */
  readonly read: Label;
  /**
   * True where the target is written as a private, loopback or link-local address or name: denied
   * with `sanitise`/`private_address` unless the policy exempts exactly this host and port.
   */
  readonly privateAddress: boolean;
}

/** What a granted host call may do beyond its capability. */
export interface HostCallGrant {
  /** The policy's `privateHosts` names exactly this host and port, so it may be a private one. */
  readonly privateHost: boolean;
  /** For whom the call runs: `kind:id`, or what no principal is called where it acts for somebody. */
  readonly principal: string;
}

/** Of one principal: all turns, or one, by its id or by the idempotency key that it was asked for with. */
export interface TurnsOf {
  /** `kind:id`. */
  readonly principal: string;
  readonly only?: { readonly turnId: TurnId } | { readonly key: string };
}

export interface SessionApi extends SessionApprovalsApi {
  create(request: CreateSession): Promise<SessionDescription | NoRoom>;
  describe(): Promise<SessionDescription | undefined>;
  messages(
    after: number,
    limit: number,
  ): Promise<{ messages: Message[]; next?: number } | undefined>;
  /** By their words, the best first; whole, and however old they are. */
  searchMessages(
    text: string,
    limit: number,
  ): Promise<readonly { readonly seq: number; readonly message: Message }[] | undefined>;
  /** What stands for the turns that models are not shown any more: `none` while all are shown. */
  shortened(): Promise<ShortenedView | 'none' | undefined>;
  remove(principal: Principal, requestId: string): Promise<boolean>;
  /**
   * From the index of its workspace: when it was used last, in epoch milliseconds. `undefined` if it is not
   * there, or had no turn since `idleSince` and has ended for it.
   */
  endIfIdle(idleSince: number | undefined): Promise<number | undefined>;

  admitTurn(request: AdmitTurn): Promise<Result<Admission, AdmissionRefusal>>;
  /**
   * The summary once the turn has ended or waits for a human, or as it stands after `waitMs`; `undefined` if
   * there is no such turn any more.
   */
  awaitTurn(turnId: TurnId, waitMs: number): Promise<TurnSummary | undefined>;
  /** Admits and waits in one RPC, for JSON answers. */
  runTurn(
    request: AdmitTurn,
    waitMs: number,
  ): Promise<Result<TurnSummary | Admission, AdmissionRefusal>>;
  /**
   * Admits a program's one call and waits for its end; `undefined` if it takes longer: it goes on only for a
   * program that can come back for it, by its key.
   */
  runProgram(
    request: AdmitTurn,
    waitMs: number,
  ): Promise<Result<ProgramOutcome | undefined, AdmissionRefusal>>;
  summary(turnId: TurnId): Promise<TurnSummary | undefined>;
  /** Events after `afterId`; waits up to `waitMs` for the first. `undefined`: no such turn. */
  events(turnId: TurnId, afterId: number, waitMs: number): Promise<EventPage | undefined>;
  /** The same for somebody who has been listening for a while. */
  follow(request: FollowRequest): Promise<EventPage | NotFollowed>;
  cancelTurn(
    turnId: TurnId,
    principal: Principal,
    requestId: string,
  ): Promise<TurnSummary | undefined>;

  /** Ends all turns that are queued, running or being admitted, or those that are meant. */
  cancelTurns(principal: Principal, requestId: string, of?: TurnsOf): Promise<void>;

  /** For a run that begins: its whole turn; nothing if another run has it, or it is over. */
  turn(turnId: TurnId, epoch: number): Promise<Turn | undefined>;
  /** From the run: see `agent/ports.ts`. */
  commit(batch: JournalBatch): Promise<Result<JournalReceipt, JournalRefusal>>;
  refreshAuthority(turnId: TurnId, epoch: number): Promise<Authority>;
  holdLease(turnId: TurnId, epoch: number): Promise<'held' | 'cancelled' | 'lease_lost'>;

  /** From a tier, before each host call of a running plugin: decided, journaled, audited. */
  authorizeHostCall(request: HostCallRequest): Promise<Result<HostCallGrant, Denial>>;

  /** From the workspace block: a new revision exists. Committed before this returns. */
  authorityChanged(revision: number): Promise<void>;
  /** From the workspace block: whether the session knows of a turn that draws on it, and will settle it. */
  willSettle(reservation: TurnId): Promise<boolean>;
}

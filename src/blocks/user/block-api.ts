/**
 * What a block answers over RPC. `block-client.ts` is the only file that reaches it.
 *
 * An object that was never spawned, or whose block is dead and forgotten, answers `noproc` and writes
 * nothing.
 *
 * @module
 */

import type { BlockBody } from '../../core/blocks/block-body.ts';
import type { BlockBudget } from '../../core/blocks/block-budget.ts';
import type { CapabilityEntry } from '../../core/blocks/block-grants.ts';
import type { BlockLimits } from '../../core/blocks/block-limits.ts';
import type { Acceptance, Envelope, NumberedSignal } from '../../core/blocks/block-signal.ts';
import type { Behavior, ChildOrder } from '../../core/blocks/block-spec.ts';
import type { Grant } from '../../core/capabilities/grant.ts';
import type { ErrorCode } from '../../core/errors/codes.ts';
import type { Label } from '../../core/policy/labels.ts';
import type { Principal } from '../../core/policy/principal.ts';
import type { BlockId } from '../../core/primitives/ids.ts';
import type { JsonValue } from '../../core/primitives/json.ts';
import type { Result } from '../../core/primitives/result.ts';
import type { ExitReason, RequestedExit } from '../../core/supervision/exit-reason.ts';
import type {
  BlockSnapshot,
  CheckpointAnswer,
  CheckpointAsk,
  Inheritance,
  LeftMessage,
} from './checkpoint-api.ts';
import type { BlockTree } from './tree-api.ts';
import type { BlockUpgrade, Narrowed, Upgraded } from './upgrade-api.ts';

/** Who asks from outside, with the request that it came by. */
export interface BlockActor {
  readonly principal: Principal;
  readonly requestId: string;
  /** Holds `block:own`: acts for blocks that others created, too. */
  readonly ownsAll: boolean;
}

/** A block that tells another what it has said. */
export interface Teller {
  readonly from: BlockId;
  /** Its end is committed: all that it will ever say is said. */
  readonly isDead: boolean;
}

/** A block as it is born; everything is checked and written out already. */
export interface BirthOrder {
  readonly blockId: BlockId;
  readonly behavior: Behavior;
  /** Expanded; covered by the parent's, or by the creator's live grants. */
  readonly grants: readonly Grant[];
  readonly limits: BlockLimits;
  /** As asked for; a child's comes out of its parent's. */
  readonly budget: BlockBudget;
  readonly name?: string;
  /** Whose live grants bound it and all below it. */
  readonly creator: Principal;
  /** From the parent up to the one without. */
  readonly ancestors: readonly BlockId[];
  readonly requestId: string;
  /** Linked or monitored from its first moment by the block that spawns it. */
  readonly link?: BlockId;
  readonly monitor?: { readonly by: BlockId; readonly ref: string };
  /** The life that it follows: its name passes on. */
  readonly replaces?: BlockId;
  /** Its parent wants to hear when it is up. */
  readonly supervised?: true;
  /** A restart with `mailbox: "keep"`. */
  readonly inherit?: Inheritance;
}

export interface BlockRefusal {
  readonly code: Extract<
    ErrorCode,
    | 'noproc'
    | 'denied'
    | 'conflict'
    | 'turn_waiting'
    | 'mailbox_full'
    | 'invalid_body'
    | 'payload_too_large'
    | 'limit_reached'
    | 'rate_limited'
    | 'budget_exhausted'
    | 'upgrade_failed'
    | 'audit_unavailable'
    | 'deadline_exceeded'
  >;
  /** Safe to show. */
  readonly detail: string;
  /** For `denied`: what was missing. */
  readonly capability?: string;
  /** For `rate_limited`. */
  readonly retryAfterMs?: number;
  /** For `upgrade_failed`: what became of the migration. */
  readonly reason?: string;
}

export type BlockAnswer<T> = Result<T, BlockRefusal>;

export interface BlockDescription {
  readonly id: BlockId;
  readonly name?: string;
  /** `waiting`: someone is waiting to receive from it. */
  readonly state: 'running' | 'waiting' | 'exited';
  readonly exitReason?: ExitReason;
  readonly parent?: BlockId;
  readonly behavior: Behavior['kind'];
  /** Counts its behaviours, from 1. */
  readonly version: number;
  /** What it holds now; those that end, with their end. */
  readonly capabilities: readonly CapabilityEntry[];
  /** What is left of it; what it does not name is not bounded. */
  readonly budget: BlockBudget;
  readonly trapsExits: boolean;
  readonly mailbox: MailboxCounts;
  readonly links: readonly BlockId[];
  readonly monitors: readonly { readonly ref: string; readonly target: BlockId }[];
}

export interface MailboxCounts {
  readonly depth: number;
  readonly bytes: number;
  readonly accepted: number;
  readonly dropped: number;
  readonly rejected: number;
  readonly deadLettered: number;
}

/** What an owner or a behaviour does as the block. Each needs a capability, or the block crashes. */
export type BlockAct =
  | ({ readonly kind: 'send' } & Sending)
  /** All or none is said, each is answered for itself. */
  | { readonly kind: 'send-many'; readonly to: BlockId; readonly envelopes: readonly Envelope[] }
  /** Waits for the answer. */
  | ({ readonly kind: 'call'; readonly timeoutMs: number } & Sending)
  | {
      readonly kind: 'spawn';
      readonly order: Omit<BirthOrder, 'creator' | 'ancestors' | 'link' | 'monitor'>;
      readonly link: boolean;
      readonly monitor: boolean;
    }
  | { readonly kind: 'link' | 'unlink'; readonly to: BlockId }
  | { readonly kind: 'monitor'; readonly to: BlockId }
  | { readonly kind: 'demonitor'; readonly ref: string; readonly flush: boolean }
  /** Asks another block to end. */
  | { readonly kind: 'exit'; readonly to: BlockId; readonly reason: RequestedExit }
  | { readonly kind: 'trap-exits'; readonly on: boolean }
  | ({ readonly kind: 'set-timer' } & UserTimer)
  | { readonly kind: 'cancel-timer'; readonly timerId: string }
  /** Before the directory gives it a name or takes it into a group: its end must be heard there. */
  | { readonly kind: 'be-listed' }
  /** Confirms a name that the directory has given it. */
  | { readonly kind: 'named'; readonly name: string };

interface Sending {
  readonly to: BlockId;
  readonly envelope: Envelope;
}

/** A message of a block to itself, later. */
export interface UserTimer {
  readonly timerId: string;
  readonly afterMs: number;
  /** Again after so many milliseconds; absent: once. */
  readonly everyMs?: number;
  readonly body: JsonValue;
}

export type BlockActAnswer =
  | { readonly kind: 'done' }
  | ({ readonly kind: 'sent' } & MessageAnswer)
  | { readonly kind: 'sent-many'; readonly sent: readonly MessageAnswer[] }
  | { readonly kind: 'answered'; readonly envelope: Envelope }
  | { readonly kind: 'spawned'; readonly id: BlockId; readonly ref?: string }
  | { readonly kind: 'monitoring'; readonly ref: string };

export interface MessageAnswer {
  readonly messageId: string;
  readonly acceptance: Acceptance;
}

export interface OutsideMessage {
  readonly from: BlockActor;
  readonly body: BlockBody;
  readonly label: Label;
  /** Given by the sender: the same id again is the same message, another body is a conflict. */
  readonly messageId?: string;
}

export interface ReceiveQuery {
  /** See `message-pattern.ts`; absent: any. */
  readonly match?: JsonValue;
  readonly timeoutMs: number;
  readonly max: number;
  readonly leaseMs: number;
  /** For who may ask twice: what is taken under a name is given to it again, until `endTake`. */
  readonly take?: string;
}

export interface ReceivedMessage {
  readonly messageId: string;
  readonly seq: number;
  /** `block:<id>`, or a principal's `kind:id`. */
  readonly from: string;
  readonly body: BlockBody;
  readonly lease: string;
  readonly label: Label;
  readonly attempts: number;
  readonly signal?: true;
  readonly correlationId?: string;
  readonly traceId?: string;
}

export interface BlockApi {
  /** Once: a second order of the same id is `conflict`, unless it is the same order. */
  spawn(order: BirthOrder, snapshot?: BlockSnapshot): Promise<BlockAnswer<BlockDescription>>;
  describe(): Promise<BlockDescription | undefined>;

  /** Signals of one other block, in order. Those that are known are absorbed. */
  accept(teller: Teller, signals: readonly NumberedSignal[]): Promise<AcceptedStream>;
  send(message: OutsideMessage): Promise<BlockAnswer<MessageAnswer>>;
  /** In one transaction; each is answered for itself, in their order. */
  sendMany(messages: readonly OutsideMessage[]): Promise<readonly BlockAnswer<MessageAnswer>[]>;
  receive(actor: BlockActor, query: ReceiveQuery): Promise<BlockAnswer<readonly ReceivedMessage[]>>;
  /** A WebSocket for a consumer: see `consumer-api.ts`. */
  fetch(request: Request): Promise<Response>;
  acknowledge(actor: BlockActor, leases: readonly string[]): Promise<BlockAnswer<number>>;
  /** Says what became of a take, which needs no more rights than to have made it. */
  endTake(take: string, end: 'processed' | 'given-back'): Promise<void>;
  /** Waits for the answer; what comes after `timeoutMs` is dropped and counted. */
  call(message: OutsideMessage, timeoutMs: number): Promise<BlockAnswer<Envelope>>;
  /** The consumer's answer to a call that it has received. */
  reply(actor: BlockActor, lease: string, body: BlockBody): Promise<BlockAnswer<true>>;

  /** Of its owner; a dead block's can be listed and read. */
  checkpoints(actor: BlockActor, ask: CheckpointAsk): Promise<BlockAnswer<CheckpointAnswer>>;
  /** Puts a dead letter back at the end of the mailbox. */
  redrive(actor: BlockActor, seq: number): Promise<BlockAnswer<true>>;
  /** Messages that a dead block left, for the one that takes its place. */
  leftMessages(after: number, limit: number): Promise<readonly LeftMessage[]>;
  tree(levels: number): Promise<BlockTree | undefined>;
  /** Of a supervisor. */
  changeChildren(actor: BlockActor, change: ChildChange): Promise<BlockAnswer<true>>;
  /** Another behaviour from the next message on, or, if the migration fails, all as it was. */
  upgrade(actor: BlockActor, upgrade: BlockUpgrade): Promise<BlockAnswer<Upgraded>>;
  /** Resolves once nobody at or below the block goes by more than this. */
  narrow(actor: BlockActor, grants: readonly Grant[]): Promise<BlockAnswer<Narrowed>>;
  /** Of what its turn began with, what the block holds now. */
  presentGrants(began: readonly Grant[]): Promise<readonly Grant[]>;
  /** From a block above: resolves once all below have heard what was taken away. */
  boundsHeard(): Promise<void>;
  act(actor: BlockActor, act: BlockAct): Promise<BlockAnswer<BlockActAnswer>>;
  exit(actor: BlockActor, reason: RequestedExit): Promise<BlockAnswer<ExitReason>>;

  /** From the workspace: what the block was told of its creator's authority is older than this. */
  authorityChanged(revision: number): Promise<void>;

  /** Oldest first. For its owner: they are messages of his. */
  deadLetters(actor: BlockActor, page: LetterPage): Promise<BlockAnswer<readonly DeadLetter[]>>;
}

/** After the letter of that number. */
export type LetterPage = Readonly<Record<'after' | 'limit', number>>;

/** A message that could not be processed, or had to make room. */
export interface DeadLetter extends Omit<ReceivedMessage, 'lease'> {
  readonly reason: string;
  /** Epoch milliseconds. */
  readonly at: number;
}

export type ChildChange =
  | { readonly kind: 'add'; readonly child: ChildOrder }
  | { readonly kind: 'restart' | 'remove'; readonly name: string };

export type AcceptedStream =
  | { readonly kind: 'noproc' }
  /** `upTo`: the last number that is known now; `answers` of the messages among the given ones. */
  | {
      readonly kind: 'accepted';
      readonly upTo: number;
      readonly answers: Readonly<Record<number, Acceptance>>;
    };

/**
 * What the node block of a workspace answers over RPC: its nodes, and the calls that they run.
 * `node-client.ts` is the only file that reaches it.
 *
 * @module
 */

import type { NamedActor } from '../../core/audit/named-actor.ts';
import type { CapabilityRules } from '../../core/capabilities/capability-set.ts';
import type { ToolOutcome } from '../../core/conversation/tool-result.ts';
import type { NodeCeiling } from '../../core/executor-protocol/executor-run.ts';
import type { OfferedPlugin } from '../../core/executor-protocol/node-offer.ts';
import type { TicketClaims } from '../../core/executor-protocol/ticket.ts';
import type { NoRoom } from '../../core/policy/room.ts';
import type { NodeId } from '../../core/primitives/ids.ts';
import type { Result } from '../../core/primitives/result.ts';

/** Who asks, for the record: `kind:id`. */
export interface ApproveNode {
  readonly id: NodeId;
  readonly name: string;
  /** All that it may run, whatever a call was approved for. */
  readonly ceiling: CapabilityRules;
  /** SHA-256 of the code's secret, hex. The code itself is shown once and never stored. */
  readonly codeHash: string;
  readonly expiresAt: number;
  /** See `core/policy/room.ts`. */
  readonly isOperator: boolean;
}

export interface EnrolNode {
  readonly id: NodeId;
  readonly code: string;
  readonly codeHash: string;
  /** Ed25519, 32 bytes as base64url. */
  readonly publicKey: string;
  /** Over `enrolmentText`, by that key. */
  readonly signature: string;
  readonly requestId: string;
}

export interface Enrolled {
  readonly name: string;
  /** To be pinned. */
  readonly gatewayKey: string;
}

/** `invited`: nobody has redeemed its code yet. */
export type NodeState = 'invited' | 'offline' | 'online' | 'draining';

export interface NodeDescription {
  readonly id: NodeId;
  readonly name: string;
  readonly state: NodeState;
  readonly allow: readonly string[];
  readonly deny: readonly string[];
  readonly approvedBy: string;
  readonly approvedAt: number;
  readonly enrolledAt?: number;
  readonly connectedAt?: number;
  /** When it was last heard of, by a frame or a heartbeat. */
  readonly lastSeenAt?: number;
  /** How far its clock is ahead of the gateway's, while it is refused for that. */
  readonly clockAheadMs?: number;
  readonly version?: string;
  readonly platform?: string;
  readonly slots?: number;
  readonly plugins: readonly OfferedPlugin[];
  readonly running: number;
  readonly waiting: number;
}

/**
 * `waiting`: its node is offline. `sent`: the node has it, or may have. The others are its end;
 * `unknown` where nobody can tell whether it ran.
 */
export type CallState = 'waiting' | 'sent' | 'done' | 'failed' | 'unknown';

export interface NodeCallDescription {
  readonly callKey: string;
  readonly node: NodeId;
  readonly tool: string;
  readonly state: CallState;
  /** `ok`, or why not; once it is over. */
  readonly outcome?: string;
  readonly at: number;
}

/** One call on its way to a node. */
export interface NodeCall {
  readonly claims: TicketClaims;
  readonly argumentsText: string;
  readonly configText?: string;
  /** Names of the secrets that its settings name: its node must be able, and allowed, to take them. */
  readonly secrets: readonly string[];
  /** Absent until the block has said for whom to sign. */
  readonly signed?: SignedCall;
}

export interface SignedCall {
  readonly node: string;
  /** Of the ceiling that is in the ticket. */
  readonly ceilingVersion: number;
  readonly ticket: string;
  /** The secrets, for this node under this ticket. */
  readonly sealedSecrets?: string;
}

/** For whom a call is to be signed. */
export interface ChosenNode {
  readonly node: string;
  readonly ceiling: NodeCeiling;
  /** Counts the changes of the ceiling, from 1. */
  readonly ceilingVersion: number;
  /** X25519, base64url; absent: it takes no secrets. */
  readonly sealingKey?: string;
}

export type OnProgress = (text: string) => void | Promise<void>;

/** `sign-for`: nothing was done; the call wants a ticket for this node. */
export type NodeAnswer =
  | ({ readonly kind: 'sign-for' } & ChosenNode)
  | { readonly kind: 'outcome'; readonly outcome: ToolOutcome };

export type EnrolRefusal = 'code_refused' | 'key_refused';

export interface NodeApi {
  /** The upgrade of a connection to a node's WebSocket, whose id is in the query. */
  fetch(request: Request): Promise<Response>;
  approve(actor: NamedActor, node: ApproveNode): Promise<NodeDescription | NoRoom>;
  enrol(request: EnrolNode): Promise<Result<Enrolled, EnrolRefusal>>;
  list(): Promise<readonly NodeDescription[]>;
  /**
   * Changes all that it may run, from the next ticket on; what waited for it under a wider one ends.
   * Nothing if there is no such node.
   */
  setCeiling(
    actor: NamedActor,
    id: NodeId,
    ceiling: CapabilityRules,
  ): Promise<NodeDescription | undefined>;
  /** Ends its connection at once, and its calls; `false` if there is no such node. */
  revoke(actor: NamedActor, id: NodeId): Promise<boolean>;
  /** The latest calls of a node, newest first, or one of them; nothing if there is no such node. */
  calls(id: NodeId, callKey?: string): Promise<readonly NodeCallDescription[] | undefined>;
  /**
   * Answers when the call is over. A call that is known already is never sent again. `onProgress`
   * hears what its node says meanwhile, the latest once it has taken the one before.
   */
  run(call: NodeCall, onProgress?: OnProgress): Promise<NodeAnswer>;
  /**
   * The outcome of a call, also of one that is under way; nothing if it was never sent, and then nothing
   * of it will run.
   */
  recall(claims: TicketClaims): Promise<ToolOutcome | undefined>;
  /**
   * Nobody waits for this call any more, and its end is not known: its node is asked, if it is not
   * already, so that what became of it is on the record, and to end it.
   */
  lookAfter(claims: TicketClaims): Promise<void>;
  /** Somebody may do less than before: nodes end what they keep from earlier calls. */
  authorityChanged(): Promise<void>;
  /** Also of one that has not come yet: then it does not begin. */
  cancel(callKey: string): Promise<void>;
}

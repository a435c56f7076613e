/**
 * What the client takes and gives: the JSON of the gateway, typed.
 *
 * @module
 */

import type { BlockBudget } from '../core/blocks/block-budget.ts';
import type { CapabilityEntry } from '../core/blocks/block-grants.ts';
import type { BlockLimitsInput } from '../core/blocks/block-limits.ts';
import type { JsonValue } from '../core/primitives/json.ts';
import type { ExitReason } from '../core/supervision/exit-reason.ts';
import type { AutoShutdown, RestartType, Strategy } from '../core/supervision/supervisor-spec.ts';

export type Behavior =
  | { readonly kind: 'mailbox' }
  | {
      readonly kind: 'plugin';
      readonly plugin: string;
      /** Name of the tool that reduces. */
      readonly entry: string;
      readonly state?: JsonValue;
    }
  | {
      readonly kind: 'agent';
      readonly model?: string;
      readonly system?: string;
      readonly tools?: readonly string[];
    }
  | ({ readonly kind: 'supervisor' } & Supervision);

export interface Supervision {
  readonly strategy?: Strategy;
  readonly intensity?: number;
  readonly periodMs?: number;
  readonly autoShutdown?: AutoShutdown;
  readonly backoff?: { readonly firstMs: number; readonly maxMs: number };
  readonly children?: readonly Child[];
}

export interface Child {
  readonly name: string;
  readonly behavior: Behavior;
  readonly capabilities?: readonly CapabilityEntry[];
  readonly limits?: BlockLimitsInput;
  /** Of each of its lives, out of what its supervisor has left. */
  readonly budget?: BlockBudget;
  readonly restart?: RestartType;
  readonly graceMs?: number;
  readonly significant?: boolean;
  readonly mailbox?: 'fresh' | 'keep';
}

export interface SpawnOptions {
  readonly name?: string;
  /**
   * Patterns and names of bits, such as `CAP_SEND`, perhaps with an end. None unless they are named.
   */
  readonly capabilities?: readonly CapabilityEntry[];
  readonly limits?: BlockLimitsInput;
  /** What it and all below it may use up, out of its parent's. */
  readonly budget?: BlockBudget;
}

export interface Description {
  readonly id: string;
  readonly name?: string;
  readonly state: 'running' | 'waiting' | 'exited';
  readonly exitReason?: ExitReason;
  readonly parent?: string;
  readonly behavior: Behavior['kind'];
  /** Counts its behaviours, from 1. */
  readonly version: number;
  readonly capabilities: readonly CapabilityEntry[];
  /** What is left of it. */
  readonly budget: BlockBudget;
  readonly trapsExits: boolean;
  readonly mailbox: Readonly<
    Record<'depth' | 'bytes' | 'accepted' | 'dropped' | 'rejected' | 'deadLettered', number>
  >;
  readonly links: readonly string[];
  readonly monitors: readonly { readonly ref: string; readonly target: string }[];
}

export interface Tree {
  readonly id: string;
  readonly name?: string;
  readonly state: Description['state'];
  readonly behavior: Behavior['kind'];
  readonly depth: number;
  readonly restarts: number;
  readonly children: readonly Tree[];
  /** Of a supervisor: children that do not live and are to be started, `startsAt` in epoch milliseconds at the earliest. */
  readonly awaited?: readonly {
    readonly name: string;
    readonly restarts: number;
    readonly startsAt?: number;
  }[];
}

export interface Sent {
  readonly messageId: string;
  /** Absent if the mailbox dropped it. */
  readonly seq?: number;
}

/** Of one message among several: it was sent, or refused for itself. */
export type SendAnswer = Sent | { readonly code: string; readonly detail: string };

export interface ConnectOptions {
  /** Most messages that are under way at once; 10 unless it is given. */
  readonly window?: number;
  readonly leaseMs?: number;
}

export interface ReceiveOptions {
  /** `{"$any": true}` stands for any value; members that are not named may be anything. */
  readonly match?: JsonValue;
  readonly timeoutMs?: number;
  readonly max?: number;
  readonly leaseMs?: number;
}

export interface ReceivedJson {
  readonly messageId: string;
  readonly seq: number;
  readonly from: string;
  readonly body?: JsonValue;
  /** Base64, of messages that are bytes. */
  readonly bytes?: string;
  readonly lease: string;
  readonly attempts: number;
  readonly signal?: boolean;
  readonly correlationId?: string;
}

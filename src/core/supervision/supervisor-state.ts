/**
 * A supervisor between two events: plain data, so that it is stored with the block and survives a
 * crash at any moment.
 *
 * @module
 */

import type { ExitReason } from './exit-reason.ts';
import type { ChildSpec, SupervisorSpec } from './supervisor-spec.ts';

export type ChildStatus = 'stopped' | 'starting' | 'running' | 'stopping';

export interface ChildState {
  readonly spec: ChildSpec;
  readonly status: ChildStatus;
  /** Counts its starts; what is heard of an earlier life says nothing about this one. */
  readonly life: number;
  /** How often it was started again. */
  readonly restarts: number;
}

/** One thing to do after the other; the first one may be under way. */
export type Step =
  | { readonly do: 'start'; readonly name: string; readonly again: boolean }
  | { readonly do: 'stop'; readonly name: string }
  | { readonly do: 'forget'; readonly name: string }
  | { readonly do: 'pause'; readonly ms: number }
  | { readonly do: 'end'; readonly reason: ExitReason };

/** An end that nobody has dealt with yet. */
export interface ChildExit {
  readonly name: string;
  readonly life: number;
  readonly reason: ExitReason;
}

export interface SupervisorState {
  readonly spec: SupervisorSpec;
  /** In the order in which they are started. */
  readonly children: readonly ChildState[];
  readonly restartTimes: readonly number[];
  readonly plan: readonly Step[];
  /** The first step of the plan was begun, and waits for an event. */
  readonly isWaiting: boolean;
  readonly exits: readonly ChildExit[];
  /** All first children were started once; whoever cannot be started before is the end of it. */
  readonly isUp: boolean;
  /** Set once the plan ends the supervisor; nothing is started any more. */
  readonly isEnding: boolean;
}

/** What the block has to do, in this order, in the transaction that stores the state. */
export type SupervisorCommand =
  | { readonly do: 'start'; readonly name: string; readonly life: number }
  /** Ask it to end, and tell `grace-over` after `graceMs`. */
  | { readonly do: 'shutdown'; readonly name: string; readonly graceMs: number }
  | { readonly do: 'kill'; readonly name: string }
  /** Tell `waited` after that many milliseconds. */
  | { readonly do: 'wait'; readonly ms: number }
  | { readonly do: 'end'; readonly reason: ExitReason };

export type SupervisorEvent =
  | { readonly kind: 'started'; readonly name: string; readonly life: number }
  | {
      readonly kind: 'start-failed' | 'exited';
      readonly name: string;
      readonly life: number;
      readonly reason: ExitReason;
    }
  | { readonly kind: 'grace-over'; readonly name: string; readonly life: number }
  | { readonly kind: 'waited' }
  /** The supervisor itself is to end, children first. */
  | { readonly kind: 'stop'; readonly reason: ExitReason }
  /** Children that are added and taken away while it runs. */
  | { readonly kind: 'add'; readonly spec: ChildSpec }
  | { readonly kind: 'restart' | 'remove'; readonly name: string }
  /** Other rules; of the children, those that it has. What is going on goes on. */
  | {
      readonly kind: 'reconfigure';
      readonly spec: SupervisorSpec;
      readonly children: readonly ChildSpec[];
    };

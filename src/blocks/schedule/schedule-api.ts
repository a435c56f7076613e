/**
 * What the schedules of a workspace answer over RPC; `schedule-client.ts` is the way to them.
 *
 * @module
 */

import type { NamedActor } from '../../core/audit/named-actor.ts';
import type { Grant } from '../../core/capabilities/grant.ts';
import type { Principal } from '../../core/policy/principal.ts';
import type { SessionId, TurnId } from '../../core/primitives/ids.ts';
import type { ScheduleSpec } from '../../core/schedules/schedule-spec.ts';

/** Why no run came of a moment, or how the run ended. */
export type RunStatus =
  | 'starting'
  | 'running'
  | 'finished'
  | 'failed'
  | 'cancelled'
  | 'refused'
  | 'missed'
  | 'overlap';

/**
 * What became of the answer. `no-receiver`: it is gone, or takes nothing from a schedule.
 * `flow-denied`: what has shaped the answer may not leave the workspace unasked.
 */
export type Delivery = 'taken' | 'denied' | 'flow-denied' | 'no-receiver' | 'nothing-to-say';

export interface ScheduleRun {
  readonly dueAt: number;
  readonly status: RunStatus;
  /** Both once the turn was admitted. */
  readonly sessionId?: SessionId;
  readonly turnId?: TurnId;
  /** Of a run that was refused or failed. */
  readonly code?: string;
  readonly endedAt?: number;
  /** What a heartbeat had taken that no turn may see, such as what the scanners refuse. */
  readonly refused?: readonly string[];
  /** Where the answer was to go somewhere. */
  readonly delivery?: Delivery;
}

export interface ScheduleDescription {
  readonly name: string;
  readonly spec: ScheduleSpec;
  readonly isPaused: boolean;
  readonly createdBy: string;
  readonly createdAt: number;
  /** Epoch milliseconds; absent when it will not run again. */
  readonly nextAt?: number;
  /** Of a heartbeat: when it last found nothing to do, of which no run is written down. */
  readonly idleAt?: number;
  /** The newest first. */
  readonly runs: readonly ScheduleRun[];
}

export interface CreateSchedule {
  readonly creator: Principal;
  readonly requestId: string;
  readonly spec: ScheduleSpec;
  /** `spec.capabilities`, expanded: a part of what the creator holds. */
  readonly grants: readonly Grant[];
}

/** The name is another schedule's, or there are as many as there may be, of all or of their creator. */
export type NotCreated = 'taken' | 'too-many';

export interface ScheduleApi {
  create(request: CreateSchedule): Promise<ScheduleDescription | NotCreated>;
  list(): Promise<readonly ScheduleDescription[]>;
  find(name: string): Promise<ScheduleDescription | undefined>;
  remove(actor: NamedActor, name: string): Promise<boolean>;
  /** A paused schedule keeps its runs, and has no next one. */
  setPaused(
    actor: NamedActor,
    name: string,
    isPaused: boolean,
  ): Promise<ScheduleDescription | undefined>;
  /** Runs it now, besides its moments; `false` if its last run is not over. */
  runNow(actor: NamedActor, name: string): Promise<boolean | undefined>;
}

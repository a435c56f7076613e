/**
 * What a supervisor was told: which children, in which order, and what to do when one ends.
 *
 * @module
 */

import type { RestartIntensity } from './restart-intensity.ts';

export const STRATEGIES = ['one-for-one', 'one-for-all', 'rest-for-one'] as const;
export type Strategy = (typeof STRATEGIES)[number];

export const RESTART_TYPES = ['permanent', 'transient', 'temporary'] as const;

/**
 * `permanent`: always started again; `transient`: unless it ended in good order; `temporary`: never,
 * and forgotten when it has ended.
 */
export type RestartType = (typeof RESTART_TYPES)[number];

export const AUTO_SHUTDOWNS = ['never', 'any-significant', 'all-significant'] as const;
/** Whether the supervisor ends when significant children have ended by themselves for good. */
export type AutoShutdown = (typeof AUTO_SHUTDOWNS)[number];

/** The part of a child's specification that decisions need. What it runs is opaque here. */
export interface ChildSpec {
  /** Unique among the children. */
  readonly name: string;
  readonly restart: RestartType;
  /** Milliseconds between `shutdown` and `kill`; zero kills at once. */
  readonly graceMs: number;
  readonly significant: boolean;
}

export interface SupervisorSpec extends RestartIntensity {
  readonly strategy: Strategy;
  readonly autoShutdown: AutoShutdown;
  /** Waits before a restart: `firstMs`, doubled for each further one in the period, at most `maxMs`. */
  readonly backoff?: { readonly firstMs: number; readonly maxMs: number };
}

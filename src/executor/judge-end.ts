/**
 * How a program ended, as an outcome of its call.
 *
 * @module
 */

import type { Failure } from './job.ts';
import type { KillReason, SandboxEnd } from './sandbox.ts';

const FAILURE_OF: Readonly<Record<KillReason, Failure>> = {
  wall: 'timeout',
  cpu: 'timeout',
  memory: 'memory',
  processes: 'host_denied',
  file: 'host_denied',
  disk: 'host_denied',
  output: 'output_too_large',
  cancelled: 'cancelled',
};

/** Nothing for a program that ended by itself and says that all went well. */
export function findFailure({ limit, exitCode }: SandboxEnd): Failure | undefined {
  if (limit !== undefined) return FAILURE_OF[limit];
  if (exitCode === undefined) return 'trap';
  return exitCode === 0 ? undefined : 'exit';
}

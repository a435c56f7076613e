/**
 * Waits until an OCI runtime has started its container, and makes sure that the control group
 * holds it.
 *
 * @module
 */

import type { ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import { Fault } from '../../../core/errors/fault.ts';
import type { Cgroup } from '../../process-sandbox/cgroup/cgroup.ts';

const LOOK_EVERY_MS = 2;
const STARTED_WITHIN_MS = 10_000;

/**
 * `pidFile` is written by the runtime once the program runs, and never if it could not be started.
 *
 * @throws Fault `tier_unavailable` where the runtime has ended by itself without; `internal` where the program may
 * have begun, and has been killed.
 */
export async function awaitStart(
  child: ChildProcess,
  pidFile: string,
  group: Cgroup,
): Promise<void> {
  const giveUpAt = performance.now() + STARTED_WITHIN_MS;
  while (!existsSync(pidFile)) {
    if (hasEnded(child) && !existsSync(pidFile)) throw judgeEnd(child);
    if (performance.now() > giveUpAt) {
      child.kill('SIGKILL');
      throw doubt('the runtime must say so in time');
    }
    await wait(LOOK_EVERY_MS);
  }
  const wasMember = group.members().length > 0 || (group.usage().peakMemoryBytes ?? 0) > 0;
  if (!wasMember) {
    child.kill('SIGKILL');
    throw doubt('it must be in its control group');
  }
}

function hasEnded({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode !== null || signalCode !== null;
}

/** A runtime that was killed may have started the program, and not have come to say so. */
function judgeEnd({ signalCode }: ChildProcess): Fault {
  if (signalCode !== null) return doubt('the runtime must live to say so');
  const problem = 'Cannot start a container: the runtime must be able to start it';
  return new Fault('tier_unavailable', problem);
}

function doubt(problem: string): Fault {
  return new Fault('internal', `Cannot tell what a container has begun: ${problem}`);
}

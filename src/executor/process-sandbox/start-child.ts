/**
 * Starts a child process with all its pipes, or says that it could not.
 *
 * @module
 */

import type { ChildProcess } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import type { Stream } from 'node:stream';
import { Fault } from '../../core/errors/fault.ts';

export interface Started<Streams> {
  readonly child: ChildProcess;
  /** By descriptor. What breaks on one of them ends nothing but itself. */
  readonly streams: Streams;
}

/** Of a child: two ends of a pipe, and one more on its own side while it is put in order. */
const DESCRIPTORS_FOR_EACH = 3;

/** For what else is opened on the way. */
const MORE_DESCRIPTORS = 8;

/**
 * `what` with its article; `stdio` as it will be started with.
 *
 * @throws Fault `tier_unavailable`
 */
export function startChild<Streams extends readonly (Stream | null)[]>(
  what: string,
  stdio: readonly unknown[],
  start: () => ChildProcess,
): Started<Streams> {
  requireDescriptors(what, stdio.length * DESCRIPTORS_FOR_EACH + MORE_DESCRIPTORS);
  const child = startOrRefuse(what, start);
  // Told a moment later; and by no stream where there was no descriptor left for one.
  child.on('error', () => undefined);
  const streams = child.stdio as unknown as Streams | undefined;
  if (streams === undefined) throw refuseDescriptors(what);
  for (const stream of streams) stream?.on('error', () => undefined);
  return { child, streams };
}

/**
 * Node keeps the pipes of a child for which the last descriptor was missing, for good: each would leave less for
 * the next, until none is ever started again.
 */
function requireDescriptors(what: string, count: number): void {
  const taken: number[] = [];
  try {
    while (taken.length < count) taken.push(openSync('/dev/null', 'r'));
  } catch (cause) {
    throw refuseDescriptors(what, { cause });
  } finally {
    for (const descriptor of taken) closeSync(descriptor);
  }
}

function refuseDescriptors(what: string, options?: ErrorOptions): Fault {
  return new Fault('tier_unavailable', `Cannot start ${what}: descriptors must be free`, options);
}

/** Node tells of some problems later, and throws for others. */
function startOrRefuse(what: string, start: () => ChildProcess): ChildProcess {
  try {
    return start();
  } catch (cause) {
    if (cause instanceof Fault) throw cause;
    throw new Fault('tier_unavailable', `Cannot start ${what}: a process must be free`, { cause });
  }
}

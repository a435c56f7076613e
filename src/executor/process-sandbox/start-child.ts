/**
 * Starts a child process with all its pipes, or says that it could not.
 *
 * @module
 */

import type { ChildProcess } from 'node:child_process';
import type { Stream } from 'node:stream';
import { Fault } from '../../core/errors/fault.ts';

export interface Started<Streams> {
  readonly child: ChildProcess;
  /** By descriptor. What breaks on one of them ends nothing but itself. */
  readonly streams: Streams;
}

/**
 * `what` with its article.
 *
 * @throws Fault `tier_unavailable`
 */
export function startChild<Streams extends readonly (Stream | null)[]>(
  what: string,
  start: () => ChildProcess,
): Started<Streams> {
  const child = startOrRefuse(what, start);
  // Told a moment later; and by no stream where there was no descriptor left for one.
  child.on('error', () => undefined);
  const streams = child.stdio as unknown as Streams | undefined;
  if (streams === undefined) {
    throw new Fault('tier_unavailable', `Cannot start ${what}: descriptors must be free`);
  }
  for (const stream of streams) stream?.on('error', () => undefined);
  return { child, streams };
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

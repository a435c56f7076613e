/**
 * Watches over a program that runs: ends it at its limits, and says in the end what it used.
 *
 * Limits that the kernel holds end the program by themselves; here is told which it was. Processor
 * time of a group and the disk are looked at every few milliseconds.
 *
 * @module
 */

import { constants } from 'node:os';
import type { KillReason, SandboxEnd } from '../sandbox.ts';
import type { SandboxLimits } from '../sandbox-limits.ts';
import type { Cgroup, CgroupUsage } from './cgroup/cgroup.ts';
import type { WriteWatch } from './write-watch.ts';

/** A child process, or what stands for a program that is another's child. */
export interface WatchedProcess {
  readonly exitCode: number | null;
  readonly signalCode: NodeJS.Signals | null;
  kill(signal: 'SIGKILL'): unknown;
  once(
    event: 'exit',
    listener: (code: number | null, signal: NodeJS.Signals | null) => void,
  ): unknown;
}

/** What counts a program's use, and ends all that it has left behind. */
export type WatchedGroup = Pick<Cgroup, 'usage' | 'empty'>;

/** A program whose first instruction is about to run. */
export interface Supervised {
  /** Its end is that of all its processes: they die with it. */
  readonly child: WatchedProcess;
  readonly limits: SandboxLimits;
  readonly group: WatchedGroup | undefined;
  /** Present when it may write to granted folders. */
  readonly writeWatch: WriteWatch | undefined;
}

export interface Supervision {
  readonly ended: Promise<SandboxEnd>;
  kill(reason: KillReason): void;
}

const LOOK_EVERY_MS = 25;

/** What uses no processor, and can fill no folder, is looked at less and less often: a server that waits. */
const LOOK_AT_IDLE_MS = 200;

/** A shell's way, and bubblewrap's, to say that a signal ended a program. */
const SIGNAL_STATUS = 128;

/** Signals by which the kernel ends a process at a limit of its own. */
const LIMIT_SIGNALS: Readonly<Record<string, KillReason>> = { SIGXCPU: 'cpu', SIGXFSZ: 'file' };

export function supervise(program: Supervised): Supervision {
  const { child, limits, group, writeWatch } = program;
  const startedAt = performance.now();
  let reason: KillReason | undefined;

  const kill = (why: KillReason) => {
    reason ??= why;
    child.kill('SIGKILL');
  };
  const wall = setTimeout(() => kill('wall'), limits.wallMs);
  let [pauseMs, cpuMs] = [LOOK_EVERY_MS, 0];
  const look = () => {
    const usage = group?.usage();
    const reached = reachedLimit(program, usage);
    if (reached !== undefined) kill(reached);
    const isIdle = writeWatch === undefined && (usage?.cpuMs ?? 0) === cpuMs;
    pauseMs = isIdle ? Math.min(2 * pauseMs, LOOK_AT_IDLE_MS) : LOOK_EVERY_MS;
    cpuMs = usage?.cpuMs ?? 0;
    next = setTimeout(look, pauseMs);
  };
  let next = setTimeout(look, pauseMs);

  const exited = exitOf(child).then(async (exit): Promise<SandboxEnd> => {
    clearTimeout(wall);
    clearTimeout(next);
    const usage = group?.usage(); // there may be no group any more when all have ended
    await group?.empty();
    const status = readStatus(exit);
    return {
      ...status,
      durationMs: performance.now() - startedAt,
      cpuMs: usage?.cpuMs,
      peakMemoryBytes: usage?.peakMemoryBytes,
      limit: reason ?? limitRunInto(usage, status.signal),
    };
  });
  return { ended: exited, kill };
}

function reachedLimit(
  { limits, writeWatch }: Supervised,
  usage: CgroupUsage | undefined,
): KillReason | undefined {
  if ((usage?.cpuMs ?? 0) > limits.cpuMs) return 'cpu';
  if ((usage?.outOfMemoryKills ?? 0) > 0) return 'memory';
  return writeWatch?.isOver() ? 'disk' : undefined;
}

function limitRunInto(
  usage: CgroupUsage | undefined,
  signal: string | undefined,
): KillReason | undefined {
  if ((usage?.outOfMemoryKills ?? 0) > 0) return 'memory';
  if (signal !== undefined && signal in LIMIT_SIGNALS) return LIMIT_SIGNALS[signal];
  return (usage?.refusedProcesses ?? 0) > 0 ? 'processes' : undefined;
}

interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

function exitOf(child: WatchedProcess): Promise<Exit> {
  if (child.exitCode !== null || child.signalCode !== null) {
    return Promise.resolve({ code: child.exitCode, signal: child.signalCode });
  }
  const { promise, resolve } = Promise.withResolvers<Exit>();
  child.once('exit', (code, signal) => resolve({ code, signal }));
  return promise;
}

/** A program that itself exits with 128 and the number of a signal is taken for ended by it. */
function readStatus({ code, signal }: Exit): Pick<SandboxEnd, 'exitCode' | 'signal'> {
  if (signal !== null) return { exitCode: undefined, signal };
  const signals = Object.entries(constants.signals);
  const named = signals.find(([, number]) => code === SIGNAL_STATUS + number)?.[0];
  return named === undefined
    ? { exitCode: code ?? undefined, signal: undefined }
    : { exitCode: undefined, signal: named };
}

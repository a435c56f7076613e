/**
 * Sets the limits that the kernel keeps for each process (`setrlimit`) with the `ulimit` of the
 * system's shell, which saves starting another program on the way.
 *
 * Shells differ in the letter for processes and in the size of a block, so the shell of this
 * machine is asked once; and since a limit may be refused, each sandbox reports what it holds.
 *
 * @module
 */

import { execFile } from 'node:child_process';
import { basename } from 'node:path';
import { promisify } from 'node:util';
import { err, ok, type Result } from '../../core/primitives/result.ts';
import type { SandboxLimits } from '../sandbox-limits.ts';
import type { NetworkUse } from './seccomp/plugin-filter.ts';

export interface ShellDialect {
  readonly processFlag: 'p' | 'u';
  readonly blockBytes: number;
}

export interface ProcessLimits extends SandboxLimits {
  /** Whether a control group holds memory and processes; else these limits are all there is. */
  readonly hasGroup: boolean;
  /** An absolute path. */
  readonly program: string;
}

/**
 * What V8 takes for code when it starts, in bytes. It uses little of it, which a control group can tell
 * and `RLIMIT_DATA` cannot: without it no Node would start within the memory that most plugins have.
 */
const NODE_RESERVES_BYTES = 512 * 1024 * 1024;

/**
 * Processes that the sandbox itself needs besides the plugin's: one that waits outside, one that is
 * its process 1, and, with egress, one that made the network.
 */
export const OWN_PROCESSES = { none: 2, tcp: 3 } as const satisfies Record<NetworkUse, number>;

const SHELL = '/bin/sh';
const PROBE_BLOCKS = 4096;
const PROBE = `(ulimit -u) >/dev/null 2>&1 && echo u || echo p
ulimit -f ${PROBE_BLOCKS}
while read -r line; do echo "$line"; done < /proc/self/limits`;

/** Learns how the shell of this machine counts. */
export async function learnShellDialect(): Promise<Result<ShellDialect, string>> {
  const probed = await promisify(execFile)(SHELL, ['-c', PROBE], { env: {} }).catch(
    () => undefined,
  );
  const fileBytes = /^Max file size\s+([0-9]+)/m.exec(probed?.stdout ?? '')?.[1];
  const blockBytes = Number(fileBytes) / PROBE_BLOCKS;
  if (blockBytes !== 512 && blockBytes !== 1024) return err(`"${SHELL}" must know "ulimit -f"`);
  return ok({ blockBytes, processFlag: probed?.stdout.startsWith('u') ? 'u' : 'p' });
}

/**
 * Flags of `ulimit` with their values, in the units of the shell. Core files are never written.
 *
 * The kernel counts the processes of the sandbox's own user namespace alone, and process 1 among
 * them. Where a group holds them, its limit is reached first, since it tells of it.
 */
export function ulimits(
  limits: ProcessLimits,
  { processFlag, blockBytes }: ShellDialect,
): readonly (readonly [flag: string, value: number])[] {
  const cpuSeconds = Math.ceil(limits.cpuMs / 1000);
  const ownProcesses = limits.hasGroup ? OWN_PROCESSES.tcp : 1;
  return [
    ['c', 0],
    // First a signal that says why, a second later the end.
    ['St', cpuSeconds],
    ['Ht', cpuSeconds + 1],
    ['f', Math.floor(limits.fileBytes / blockBytes)],
    ['n', limits.openFiles],
    [processFlag, limits.processes + ownProcesses],
    ...(limits.hasGroup ? [] : [['d', Math.floor(dataBytes(limits) / 1024)] as const]),
  ];
}

function dataBytes({ memoryBytes, program }: ProcessLimits): number {
  return memoryBytes + (basename(program) === 'node' ? NODE_RESERVES_BYTES : 0);
}

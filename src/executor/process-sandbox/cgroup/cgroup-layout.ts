/**
 * How the two versions of control groups spell the same limits: which file holds what.
 *
 * Version 1 has one tree of folders for each controller, version 2 one tree for all.
 *
 * @module
 */

export type Controller = 'memory' | 'pids' | 'cpu';

export interface CgroupFile {
  readonly controller: Controller;
  readonly name: string;
}

/** A file with a number in it, or with lines `<key> <number>`, and what one of it is worth. */
export interface CgroupReading extends CgroupFile {
  readonly key?: string;
  readonly unit?: number;
}

export interface CgroupLayout {
  readonly version: 'v1' | 'v2';
  readonly memoryLimit: CgroupFile;
  /** Kernels without swap accounting lack it; there the memory limit is all there is. */
  readonly swapLimit: CgroupFile;
  /** Whether the swap limit counts memory and swap together, or swap alone. */
  readonly swapCountsMemory: boolean;
  readonly processLimit: CgroupFile;
  readonly peakMemory: CgroupReading;
  readonly outOfMemoryKills: CgroupReading;
  readonly refusedProcesses: CgroupReading;
  /** In milliseconds. */
  readonly cpuTime: CgroupReading;
  /** Where a thread moves itself, when it may go without the rest of its process. */
  readonly ownThread?: string;
  /** Ends all members at one stroke, when 1 is written into it. */
  readonly killSwitch?: CgroupFile;
  /** Makes one process that runs out of memory take all others with it. */
  readonly killTogether?: CgroupFile;
}

export const CGROUP_V1: CgroupLayout = {
  version: 'v1',
  ownThread: 'tasks',
  memoryLimit: { controller: 'memory', name: 'memory.limit_in_bytes' },
  swapLimit: { controller: 'memory', name: 'memory.memsw.limit_in_bytes' },
  swapCountsMemory: true,
  processLimit: { controller: 'pids', name: 'pids.max' },
  peakMemory: { controller: 'memory', name: 'memory.max_usage_in_bytes' },
  outOfMemoryKills: { controller: 'memory', name: 'memory.oom_control', key: 'oom_kill' },
  refusedProcesses: { controller: 'pids', name: 'pids.events', key: 'max' },
  cpuTime: { controller: 'cpu', name: 'cpuacct.usage', unit: 1e-6 },
};

export const CGROUP_V2: CgroupLayout = {
  version: 'v2',
  memoryLimit: { controller: 'memory', name: 'memory.max' },
  swapLimit: { controller: 'memory', name: 'memory.swap.max' },
  swapCountsMemory: false,
  processLimit: { controller: 'pids', name: 'pids.max' },
  peakMemory: { controller: 'memory', name: 'memory.peak' },
  outOfMemoryKills: { controller: 'memory', name: 'memory.events', key: 'oom_kill' },
  refusedProcesses: { controller: 'pids', name: 'pids.events', key: 'max' },
  cpuTime: { controller: 'cpu', name: 'cpu.stat', key: 'usage_usec', unit: 1e-3 },
  killSwitch: { controller: 'pids', name: 'cgroup.kill' },
  killTogether: { controller: 'memory', name: 'memory.oom.group' },
};

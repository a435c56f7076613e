/**
 * How much a sandboxed program may use. Every limit is always set: there is no "unlimited".
 *
 * @module
 */

export interface SandboxLimits {
  /** Time from the start of the program until it is killed. */
  readonly wallMs: number;
  /** User and system time of all its processes together. */
  readonly cpuMs: number;
  /** Memory of all its processes together, with the files in its private folders. */
  readonly memoryBytes: number;
  /** Processes and threads at one time. */
  readonly processes: number;
  /** Size of any one file it writes. */
  readonly fileBytes: number;
  /** Open descriptors of each process. */
  readonly openFiles: number;
  /** What its private folders hold, and what it writes into granted folders: each at most this. */
  readonly diskBytes: number;
  /** Standard output and standard error together; held by the one who reads them. */
  readonly outputBytes: number;
}

export type LimitName = 'wall' | 'cpu' | 'memory' | 'processes' | 'file' | 'disk' | 'output';

export const DEFAULT_SANDBOX_LIMITS: SandboxLimits = {
  wallMs: 30_000,
  cpuMs: 30_000,
  memoryBytes: 256 * 1024 * 1024,
  processes: 64,
  fileBytes: 32 * 1024 * 1024,
  openFiles: 256,
  diskBytes: 64 * 1024 * 1024,
  outputBytes: 1024 * 1024,
};

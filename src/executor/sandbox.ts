/**
 * The seam between what decides and what confines: an order goes in, a confined program comes out.
 *
 * Whoever makes an order has verified the ticket and narrowed it by the local policy. A sandbox
 * gives what the order names and nothing else: what an order leaves out is not there. Rivals:
 * `process-sandbox/` (bubblewrap, sandbox-exec) and `container-sandbox/` (OCI).
 *
 * @module
 */

import type { Readable, Writable } from 'node:stream';
import type { HostPath } from './host-path.ts';
import type { PinnedImage } from './pinned-image.ts';
import type { SandboxFacts } from './sandbox-facts.ts';
import type { LimitName, SandboxLimits } from './sandbox-limits.ts';

/** What one sandbox runs, and all that it is given. */
export interface SandboxOrder {
  /** Unique among all runs of this machine, `[a-z0-9-]{1,64}`: names cgroup, container and socket. */
  readonly id: string;
  /** Program and arguments as seen inside; the program is an absolute path. */
  readonly argv: readonly string[];
  /** Folder of the plugin's own files on the host: read-only at `/plugin`. */
  readonly plugin?: HostPath;
  /** Container tier only, where it is required. */
  readonly image?: PinnedImage;
  /** What may be read besides the system: seen inside under its own path. */
  readonly reads: readonly HostPath[];
  /** What may be read and written: seen inside under its own path. */
  readonly writes: readonly HostPath[];
  /** The proxy's socket, made for this sandbox alone; absent: no network at all. */
  readonly egress?: { readonly path: string };
  /** Never in argv, in the environment or on a disk. */
  readonly secretFiles: readonly SecretFile[];
  /** All of the plugin's environment but `PATH`, `HOME`, `TMPDIR`, `LANG` and the proxy's. No secrets. */
  readonly environment: Readonly<Record<string, string>>;
  readonly limits: SandboxLimits;
  /** Called once all is ready, before the program can run. Where it throws, nothing runs. */
  readonly willRun: () => void;
}

/** Where a sandbox shows {@link SecretFile}s. */
export const SECRETS_FOLDER = '/run/secrets';

/** A file `/run/secrets/<name>`, mode 0400, in memory of this sandbox alone. */
export interface SecretFile {
  /** `[A-Za-z0-9_-]{1,64}` */
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** Why the executor ends a sandbox before its program does. */
export type KillReason = 'cancelled' | LimitName;

/** A program that has begun to run. Its streams are raw: the one who reads them bounds them. */
export interface RunningSandbox {
  readonly stdin: Writable;
  readonly stdout: Readable;
  readonly stderr: Readable;
  /** Resolves once, also after a kill, when no process of the sandbox is left. Never rejects. */
  readonly ended: Promise<SandboxEnd>;
  /** Ends all processes at once, without warning. The first reason counts; repeating does nothing. */
  kill(reason: KillReason): void;
}

export interface SandboxEnd {
  /** Absent when a signal ended the program. */
  readonly exitCode: number | undefined;
  /** `SIGKILL` and the like; absent when the program exited. */
  readonly signal: string | undefined;
  /** From the start of the program to the end of its last process. */
  readonly durationMs: number;
  /** User and system time of all processes; absent where nothing counts it. */
  readonly cpuMs: number | undefined;
  readonly peakMemoryBytes: number | undefined;
  /** Why it was ended, or the limit it ran into; absent when it ended by itself. */
  readonly limit: KillReason | undefined;
}

export interface Sandbox {
  /** Which limits hold on this machine, and by what. */
  readonly facts: SandboxFacts;
  /**
   * Starts a program.
   *
   * @throws Fault `tier_unavailable` when the order cannot be held to; then nothing has run.
   */
  start(order: SandboxOrder): Promise<RunningSandbox>;
  /** Ends what an executor that died left behind. To be called once, before the first start. */
  sweep(): Promise<void>;
}

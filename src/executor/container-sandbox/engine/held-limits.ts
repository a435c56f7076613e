/**
 * What an engine is told to hold, where its runtime needs more than the program.
 *
 * @module
 */

import { basename } from 'node:path';
import type { SandboxLimits } from '../../sandbox-limits.ts';

/** gVisor is a kernel of threads: so many of its own, and so many for each process in it. */
const GVISOR_OWN_THREADS = 128;
const GVISOR_THREADS_EACH = 16;

/** `runsc`, or what the engine's owner calls it: `runsc-kvm`. */
export function isGvisor(runtime: string | undefined): boolean {
  return runtime !== undefined && basename(runtime).startsWith('runsc');
}

export function heldLimits(limits: SandboxLimits, runtime: string | undefined): SandboxLimits {
  if (!isGvisor(runtime)) return limits;
  const processes = GVISOR_OWN_THREADS + GVISOR_THREADS_EACH * limits.processes;
  return { ...limits, processes };
}

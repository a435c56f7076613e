/**
 * The lane of a run, for host functions that ask it for something.
 *
 * @module
 */

import { GuestStop } from './guest-stop.ts';
import type { HostRun } from './host-run.ts';
import type { PluginHost } from './plugin-protocol.ts';

/** @throws GuestStop `host_denied` where a job came without one. */
export function hostOf({ job }: HostRun): PluginHost {
  if (job.host === undefined) throw new GuestStop('host_denied');
  return job.host;
}

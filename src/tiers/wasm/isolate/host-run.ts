/**
 * One run as host functions see it, however the plugin hands its values over.
 *
 * @module
 */

import type { Guest } from './guest.ts';
import type { PluginHost, PluginJob } from './plugin-protocol.ts';
import type { RunLog } from './run-log.ts';
import type { StandardStreams } from './standard-streams.ts';

/** What there is in every run, of a plugin that needs little as well. */
export interface PlainRun {
  readonly guest: Guest;
  readonly job: Pick<PluginJob, 'config'>;
  readonly log: RunLog;
}

export interface HostRun extends PlainRun {
  readonly job: PluginJob;
  /** There wherever the module imports a function that waits for its lane. */
  readonly host: PluginHost | undefined;
  readonly streams: StandardStreams;
}

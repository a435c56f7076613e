/**
 * One run as host functions see it, however the plugin hands its values over.
 *
 * @module
 */

import type { WasmAbi } from '../../../core/manifest/wasm-abi.ts';
import type { Guest } from './guest.ts';
import type { IsolateJob } from './plugin-protocol.ts';
import type { LoggedLines, RunLog } from './run-log.ts';
import type { StandardStreams } from './standard-streams.ts';

export interface HostRun {
  readonly guest: Guest;
  readonly job: IsolateJob;
  readonly abi: WasmAbi;
  /** Made when it is first asked for. */
  readonly log: RunLog;
  /** What it holds in the end, if it was asked for. */
  readonly logged: () => LoggedLines | undefined;
  /** There once a function has been provided that reads or writes them. */
  streams?: StandardStreams;
}

/** Makes host functions for one run, by name. */
export type Provide = (run: HostRun) => WebAssembly.ModuleImports;

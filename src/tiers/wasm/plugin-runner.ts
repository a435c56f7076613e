/**
 * Where the code of plugins is found and run. Rivals: `plugin-isolates.ts`, `bundled-plugins.ts`.
 *
 * @module
 */

import type { PluginHost, PluginJob, PluginReport } from './isolate/plugin-protocol.ts';

/** A host that knows whether it was used: if not, a run that was lost can be made again. */
export interface LaneHost extends PluginHost {
  readonly wasAsked: boolean;
}

export interface PluginRunner {
  run(job: PluginJob, host: LaneHost): Promise<PluginReport>;
}

/** What names the code of a call; taken from the claims of its ticket. */
export interface PluginCodeName {
  readonly workspace: string;
  readonly plugin: string;
  /** SHA-256 of the upload, lower-case hex. */
  readonly codeHash: string;
  /** The bound of memory under which it was hardened. */
  readonly memoryPages: number;
}

export interface PluginRunners {
  /** `undefined` if this deployment cannot run that code. */
  open(name: PluginCodeName): Promise<PluginRunner | undefined>;
  /**
   * Gives up what is kept ready for a plugin, or for one code of it. Calls in it run to their end. Resolves
   * once all of it is gone; never rejects.
   */
  retire(plugin: string, codeHash?: string): Promise<void>;
}

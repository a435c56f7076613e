/**
 * What a workspace asks of the lane that runs its plugins: start code before it serves, and end
 * what must not run any more. `assemble-parts.ts` is the only file that reaches it. And the forms of
 * code that pass between the two.
 *
 * @module
 */

import type { CheckReason } from '../../core/errors/reasons.ts';
import type { PluginVersion } from '../../core/manifest/registered-plugin.ts';
import type { WasmLimits } from '../../core/manifest/wasm-limits.ts';

export interface StartPlugin {
  readonly workspace: string;
  readonly plugin: string;
  readonly version: string;
  readonly codeHash: string;
  readonly limits: WasmLimits;
}

/** How a start ended: well, or as a call would have. */
export type PluginStart = 'started' | CheckReason<'dispatch'>;

export interface Withdrawal {
  /** Name of the plugin. */
  readonly plugin: string;
  /** The revision from which on it does not serve: what was approved before may not run. */
  readonly revision: number;
}

export interface RetiredVersion extends Pick<PluginVersion, 'codeHash'> {
  readonly plugin: string;
}

/** Which form of a module a lane runs. */
export interface CodeForm {
  /** The bound of memory under which it is hardened. */
  readonly memoryPages: number;
  readonly hardeningVersion: number;
}

export interface HardenedForm extends CodeForm {
  readonly hardened: Uint8Array;
}

/** A module in the form that was asked for, or else as it was uploaded. */
export type StoredCode =
  | { readonly kind: 'hardened'; readonly hardened: Uint8Array }
  | { readonly kind: 'original'; readonly original: Uint8Array };

export interface PluginLaneApi {
  /** Loads code, instantiates it once within its limits, and runs its self-test if it has one. */
  startPlugin(request: StartPlugin): Promise<PluginStart>;
  /**
   * From now on, and after a loss of memory too, no call of these plugins runs that was approved
   * before; those that wait end at once, those that run at their next host call.
   */
  withdrawPlugins(withdrawals: readonly Withdrawal[]): Promise<void>;
  /** Frees what is kept ready for versions that no turn can use any more. */
  retireVersions(versions: readonly RetiredVersion[]): Promise<void>;
}

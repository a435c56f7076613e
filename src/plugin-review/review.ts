/**
 * What a review comes to.
 *
 * @module
 */

import type { CapabilityGrowth } from '../core/manifest/capability-growth.ts';
import type { Manifest } from '../core/manifest/manifest.ts';
import type { PluginSignature } from '../core/manifest/plugin-signature.ts';
import type { Finding } from './finding.ts';
import type { ModuleFacts } from './module-facts.ts';
import type { NeededCapability } from './needed-capabilities.ts';

/** To be shown. A `type`, so that it is a `JsonObject`. */
export type Review = {
  /** `refused` if and only if a finding says so. */
  readonly verdict: 'acceptable' | 'refused';
  readonly plugin?: PluginFacts;
  readonly findings: readonly Finding[];
  /** Of a WebAssembly module that was accepted by itself. */
  readonly module?: ModuleFacts;
  readonly capabilities?: CapabilityReview;
  /** The trusted key whose signature holds. */
  readonly signedBy?: string;
};

export type PluginFacts = {
  readonly name: string;
  readonly version: string;
  readonly kind: string;
  readonly tier: string;
  readonly license: string;
  /** Over canonical JSON: what a signature is over. */
  readonly manifestSha256: string;
  /** Of the code as uploaded; for the tiers of an executor the manifest's, which names the code. */
  readonly codeSha256?: string;
};

export type CapabilityReview = {
  /** As written. */
  readonly asked: readonly string[];
  /** The least that would do; absent where it cannot be told from the code. */
  readonly needed?: readonly NeededCapability[];
  /** Over the version that is installed. */
  readonly growth?: CapabilityGrowth;
};

/** What may be handed on to a workspace, which decides again by its state. */
export interface ReviewedPlugin {
  readonly manifest: Manifest;
  readonly codeSha256: string;
  /** Of the wasm tier alone. */
  readonly code?: {
    readonly original: Uint8Array;
    readonly hardened: Uint8Array;
    readonly hardeningVersion: number;
  };
  readonly signature?: PluginSignature;
}

export interface Reviewed {
  readonly review: Review;
  /** Absent if manifest or code are refused. */
  readonly accepted?: ReviewedPlugin;
}

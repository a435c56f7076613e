/**
 * What is handed to a review: an upload, a platform, and the place that it is for.
 *
 * @module
 */

import type { InstalledPlugin, Installer } from '../core/manifest/judge-install.ts';
import type { VerifyEd25519 } from '../core/manifest/judge-signature.ts';
import type { RegisteredPlugin } from '../core/manifest/registered-plugin.ts';
import type { PluginPolicy } from '../core/policy/plugin-policy.ts';
import type { Policy } from '../core/policy/policy.ts';
import type { ValidateModule } from './harden-upload.ts';
import type { ScriptFacts } from './script-facts.ts';

/** An upload, before anything in it is trusted. */
export interface Submission {
  readonly manifestText: string;
  readonly code?: Uint8Array;
  /** What an engine says of code in JavaScript; absent where there is none to ask. */
  readonly script?: ScriptFacts;
  /** JSON text: see `core/manifest/plugin-signature.ts`. */
  readonly signatureText?: string;
  /** Digest of the growth that the installer accepts. */
  readonly acceptedGrowth?: string;
}

/** What only a platform can do. */
export interface ReviewPlatform {
  readonly validate: ValidateModule;
  /** Lower-case hex; text is hashed as UTF-8. */
  readonly sha256Hex: (value: Uint8Array | string) => string;
  readonly verify: VerifyEd25519;
}

/** Where it would be installed, as far as that is known: offline nothing is. */
export interface Surroundings {
  /** Without it a signature cannot be judged, and bundled secrets are refused. */
  readonly trust?: PluginPolicy;
  readonly workspace?: WorkspaceFacts;
}

export interface WorkspaceFacts {
  readonly policy: Pick<Policy, 'allow' | 'deny' | 'tierFloor'>;
  /** The version that has its name there. */
  readonly current?: InstalledPlugin;
  /** All other plugins that serve. */
  readonly others: readonly RegisteredPlugin[];
  readonly installer: Omit<Installer, 'acceptedGrowth'>;
}

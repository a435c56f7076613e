/**
 * What `doctor` looks at: the machine, the clone on it, its secrets, and the gateway that it talks to.
 *
 * @module
 */

import type { BundledPlugin } from './deployment-facts.ts';
import type { PluginFacts } from './registry-facts.ts';

/** A package of npm: what lies in `node_modules`, and what the clone asks for. */
export interface PackageFacts {
  readonly name: string;
  readonly installed?: string;
  readonly wanted: string;
}

export interface ProgramFacts {
  readonly name: string;
  /** Absent where it is not installed. */
  readonly version?: string;
}

/** A file or folder that nobody else may read. */
export interface PrivateFile {
  readonly path: string;
  readonly isOpenToOthers: boolean;
}

export interface SecretsFileFacts {
  readonly path: string;
  /** Names that it lacks; both of them where there is no file. */
  readonly missing: readonly string[];
  readonly strongMasterKey: boolean;
  readonly strongRootToken: boolean;
}

export interface GatewayFacts {
  readonly url: string;
  readonly isLoopback: boolean;
  /** Why it could not be reached; nothing if `GET /health` said that it is well. */
  readonly problem?: string;
  /** Whether it answered to nobody what is for principals alone. */
  readonly answersNobody: boolean;
  /** Whether it took our token. */
  readonly takesToken: boolean;
  readonly version?: string;
  /** Milliseconds by which its clock is ahead of ours. */
  readonly clockAheadMs?: number;
  /** Epoch milliseconds at which its certificate ends. */
  readonly certificateEndsAt?: number;
}

export interface MachineFacts {
  readonly now: number;
  readonly platform: string;
  /** Of the Node.js that runs the command, the gateway and the executor. */
  readonly nodeVersion: string;
  readonly isInstalled: boolean;
  readonly isBuilt: boolean;
  /** `YYYY-MM-DD` of `wrangler.toml`. */
  readonly compatibilityDate?: string;
  readonly packages: readonly PackageFacts[];
  readonly programs: readonly ProgramFacts[];
  readonly secretsFile?: SecretsFileFacts;
  readonly privateFiles: readonly PrivateFile[];
  /** Why the process tier cannot run here. */
  readonly sandboxProblem?: string;
  readonly gateway?: GatewayFacts;
  readonly nodes?: readonly { readonly name: string; readonly state: string }[];
  /** Whether any plugin needs a node. */
  readonly needsNode?: boolean;
  /** Those of the gateway, and those of this clone. */
  readonly plugins?: readonly Pick<PluginFacts, 'name' | 'version'>[];
  readonly bundled: readonly BundledPlugin[];
  /** Version of this clone. */
  readonly version: string;
}

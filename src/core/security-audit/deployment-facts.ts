/**
 * What a security audit looks at: the configuration of one workspace and of its deployment, as the
 * HTTP API tells it.
 *
 * @module
 */

import type { Policy } from '../policy/policy.ts';
import type { ProvedWorkspace } from '../policy/prove-flow.ts';
import type {
  ChannelFacts,
  NodeFacts,
  PluginFacts,
  SecretFacts,
  TokenFacts,
} from './registry-facts.ts';
import type { RecordedEvent } from './used-capabilities.ts';

/** What the platform gives to the deployment; each only as yes or no. */
export interface FeatureFacts {
  readonly uploads: boolean;
  readonly auditArchive: boolean;
  readonly telemetry: boolean;
  readonly ownHosts: boolean;
  readonly sourceAddresses: boolean;
  /** Whether the list that binds audiences to workspaces can be read. */
  readonly audiences: boolean;
}

/** Whether the deployment's own secrets look as if chance had made them. */
export interface KeyFacts {
  readonly strongMasterKey: boolean;
  readonly strongRootToken: boolean;
  /** A rotation of the master key that was begun and not ended. */
  readonly formerMasterKey: boolean;
}

/** A plugin as this clone has it: what came with the gateway, and needs no signature for it. */
export interface BundledPlugin {
  readonly name: string;
  readonly version: string;
  readonly sha256: string;
  /** Where it is, below the clone. */
  readonly folder: string;
}

/** A part of the record, and whether it goes up to the end. */
export interface RecordFacts {
  /** Epoch milliseconds; what was before is not known, or forgotten. */
  readonly from: number;
  readonly isWhole: boolean;
  readonly events: readonly RecordedEvent[];
}

/** How the gateway is reached, as tried out. */
export interface SurfaceFacts {
  readonly url: string;
  readonly isLoopback: boolean;
  /** Whether a request under a name that nobody gave to the gateway is answered. */
  readonly answersToForeignHost: boolean;
  /** `GET /x` of the API that answered anything but a refusal to nobody, and is not meant for everybody. */
  readonly openRoutes: readonly string[];
}

/** A part that could not be read is absent, and stands in {@link unseen} with the reason. */
export interface DeploymentFacts {
  /** Epoch milliseconds. */
  readonly now: number;
  readonly workspace: string;
  readonly surface: SurfaceFacts;
  readonly policy?: Policy;
  readonly members?: readonly { readonly id: string; readonly grants: readonly string[] }[];
  readonly proof?: ProvedWorkspace;
  readonly tokens?: readonly TokenFacts[];
  readonly plugins?: readonly PluginFacts[];
  readonly nodes?: readonly NodeFacts[];
  readonly channels?: readonly ChannelFacts[];
  readonly secrets?: readonly SecretFacts[];
  readonly features?: FeatureFacts;
  /** Of the gateway. */
  readonly version?: string;
  readonly keys?: KeyFacts;
  readonly record?: RecordFacts;
  readonly auditHolds?: boolean;
  /** Kill switches that are thrown, as the record writes them. */
  readonly switches?: readonly string[];
  readonly bundled: readonly BundledPlugin[];
  readonly unseen: readonly { readonly part: string; readonly reason: string }[];
}

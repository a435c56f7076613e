/**
 * What the deployment hands to every block: the other blocks and the two secrets.
 *
 * Objects are reached only by name (`address.ts`) and only through the client of their kind, so
 * a namespace offers nothing else here.
 *
 * @module
 */

import type { ApprovalsApi } from '../approvals/approvals-api.ts';
import type { AuditApi } from '../audit/audit-api.ts';
import type { ChannelApi } from '../channel/channel-api.ts';
import type { DirectoryApi } from '../directory/directory-api.ts';
import type { MemoryApi } from '../memory/memory-api.ts';
import type { NodeApi } from '../node/node-api.ts';
import type { ScheduleApi } from '../schedule/schedule-api.ts';
import type { SessionApi } from '../session/session-api.ts';
import type { SessionIndexApi } from '../session-index/session-index-api.ts';
import type { StorageApi } from '../storage/storage-api.ts';
import type { BlockApi } from '../user/block-api.ts';
import type { SignInApi } from '../vault/sign-in-api.ts';
import type { VaultApi } from '../vault/vault-api.ts';
import type { EntryApi } from '../workspace/entry-api.ts';
import type { ErrandApi } from '../workspace/errand-api.ts';
import type { GovernanceApi } from '../workspace/governance-api.ts';
import type { PluginLaneApi } from '../workspace/lane-api.ts';
import type { SkillApi } from '../workspace/skill-api.ts';
import type { WorkspaceApi } from '../workspace/workspace-api.ts';

/** The objects of one kind. A stub that has seen its object reset stays broken: get another. */
export interface BlockNamespace<Api> {
  getByName(name: string): Api;
}

export interface BlockBindings {
  readonly SESSIONS: BlockNamespace<SessionApi>;
  readonly WORKSPACES: BlockNamespace<
    WorkspaceApi & GovernanceApi & SkillApi & ErrandApi & EntryApi
  >;
  readonly AUDITS: BlockNamespace<AuditApi>;
  readonly APPROVALS: BlockNamespace<ApprovalsApi>;
  readonly SESSION_INDEXES: BlockNamespace<SessionIndexApi>;
  readonly BLOCKS: BlockNamespace<BlockApi>;
  readonly DIRECTORIES: BlockNamespace<DirectoryApi>;
  readonly NODES: BlockNamespace<NodeApi>;
  readonly SCHEDULES: BlockNamespace<ScheduleApi>;
  readonly CHANNELS: BlockNamespace<ChannelApi>;
  readonly STORAGES: BlockNamespace<StorageApi>;
  readonly MEMORIES: BlockNamespace<MemoryApi>;
  readonly VAULTS: BlockNamespace<VaultApi & SignInApi>;
  /** Run the plugins' code. By name of the workspace, as its block. */
  readonly WASM_LANES: BlockNamespace<PluginLaneApi>;
  /** 32 random bytes as base64url; every key of the deployment is derived from it. */
  readonly SALLYPORT_MASTER_KEY: string;
  /** The key before the present one, while it is being changed: secrets under it can still be read. */
  readonly SALLYPORT_PREVIOUS_MASTER_KEY?: string;
  /** Where signed checkpoints of the audit are written to as well; absent: nowhere. */
  readonly AUDIT_ARCHIVE?: R2Bucket;
  /** Where records go as spans: the URL of a collector's `/v1/traces`; absent: nowhere. */
  readonly SALLYPORT_OTLP_ENDPOINT?: string;
  /** The `Authorization` that it wants. */
  readonly SALLYPORT_OTLP_AUTHORIZATION?: string;
  /** The operator's first token. */
  readonly SALLYPORT_ROOT_TOKEN: string;
  /** Milliseconds that a run may keep the lane without a word, as decimal text. */
  readonly SALLYPORT_LEASE_MS?: string;
}

/**
 * What the deployment hands to every block: the other blocks and the two secrets.
 *
 * Objects are reached only by name (`address.ts`) and only through the client of their kind, so
 * a namespace offers nothing else here.
 *
 * @module
 */

import type { AuditApi } from '../audit/audit-api.ts';
import type { DirectoryApi } from '../directory/directory-api.ts';
import type { SessionApi } from '../session/session-api.ts';
import type { StorageApi } from '../storage/storage-api.ts';
import type { BlockApi } from '../user/block-api.ts';
import type { PluginLaneApi } from '../workspace/lane-api.ts';
import type { WorkspaceApi } from '../workspace/workspace-api.ts';

/** The objects of one kind. A stub that has seen its object reset stays broken: get another. */
export interface BlockNamespace<Api> {
  getByName(name: string): Api;
}

export interface BlockBindings {
  readonly SESSIONS: BlockNamespace<SessionApi>;
  readonly WORKSPACES: BlockNamespace<WorkspaceApi>;
  readonly AUDITS: BlockNamespace<AuditApi>;
  readonly BLOCKS: BlockNamespace<BlockApi>;
  readonly DIRECTORIES: BlockNamespace<DirectoryApi>;
  readonly STORAGES: BlockNamespace<StorageApi>;
  /** Run the plugins' code. By name of the workspace, as its block. */
  readonly WASM_LANES: BlockNamespace<PluginLaneApi>;
  /** 32 random bytes as base64url; every key of the deployment is derived from it. */
  readonly SALLYPORT_MASTER_KEY: string;
  /** The operator's first token. */
  readonly SALLYPORT_ROOT_TOKEN: string;
  /** Milliseconds that a run may keep the lane without a word, as decimal text. */
  readonly SALLYPORT_LEASE_MS?: string;
}

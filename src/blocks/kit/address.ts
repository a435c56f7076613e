/**
 * Names of the objects behind the blocks. A name holds its workspace, so that no id, however it
 * was obtained, reaches an object of another workspace.
 *
 * @module
 */

import { Fault } from '../../core/errors/fault.ts';
import {
  type BlockId,
  parseWorkspaceId,
  type SessionId,
  type WorkspaceId,
} from '../../core/primitives/ids.ts';

/** The audit block for refused logins: `#` cannot begin a workspace id. */
export const DEPLOYMENT_AUDIT = '#deployment';

/** Workspace, audit and wasm lane objects of one workspace all bear its id. */
export function workspaceObjectName(workspace: WorkspaceId): string {
  return workspace;
}

/**
 * The workspace of an object that bears its id.
 *
 * @throws Fault `not_found` on an object of another name.
 */
export function workspaceOf({ id }: Pick<DurableObjectState, 'id'>): WorkspaceId {
  const workspace = parseWorkspaceId(id.name ?? '');
  if (workspace === undefined) throw new Fault('not_found');
  return workspace;
}

/**
 * The workspace of an object that bears its id, or a name that begins with it.
 *
 * @throws Fault `internal` on an object of another name.
 */
export function workspaceAround({ id }: Pick<DurableObjectState, 'id'>): WorkspaceId {
  const workspace = parseWorkspaceId(id.name?.split('/')[0] ?? '');
  if (workspace !== undefined) return workspace;
  throw new Fault('internal', 'Cannot use the object: its name must begin with a workspace');
}

/** `/` can stand in neither part, so no two pairs share a name. */
export function sessionObjectName(workspace: WorkspaceId, session: SessionId): string {
  return `${workspace}/${session}`;
}

/** `plugin` is the name in a manifest, in which no `/` can stand. */
export function storageObjectName(workspace: WorkspaceId, plugin: string): string {
  return `${workspace}/${plugin}`;
}

export function blockObjectName(workspace: WorkspaceId, block: BlockId): string {
  return `${workspace}/${block}`;
}

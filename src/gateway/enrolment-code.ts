/**
 * The code by which a machine is enrolled as a node: `<workspace>.<node id>.<secret>`. It is shown
 * once; the node block keeps the hash of its secret, and takes it once.
 *
 * @module
 */

import { randomBase64Url, sha256Hex } from '../blocks/kit/keys.ts';
import {
  type KeyedHash,
  type NodeId,
  parseWorkspaceId,
  readNodeId,
  type WorkspaceId,
} from '../core/primitives/ids.ts';

const SECRET_BYTES = 32;

/** Longest code that is read, in characters. */
export const MAX_CODE_LENGTH = 256;

export interface EnrolmentCode {
  readonly workspace: WorkspaceId;
  readonly node: NodeId;
  readonly code: string;
  /** SHA-256 of the secret, hex. */
  readonly codeHash: string;
}

export function issueEnrolmentCode(workspace: WorkspaceId, node: NodeId): EnrolmentCode {
  const secret = randomBase64Url(SECRET_BYTES);
  const code = `${workspace}.${node}.${secret}`;
  return { workspace, node, code, codeHash: sha256Hex(secret) };
}

/** What a code names, if its node was issued here; whether it is live, its block knows. */
export function readEnrolmentCode(code: string, nodeIds: KeyedHash): EnrolmentCode | undefined {
  const [first = '', second = '', secret = '', ...more] = code.split('.');
  const workspace = parseWorkspaceId(first);
  const node = workspace && readNodeId(workspace, second, nodeIds);
  if (workspace === undefined || node === undefined || more.length > 0) return undefined;
  return { workspace, node, code, codeHash: sha256Hex(secret) };
}

/**
 * What the policies of workspaces said of encryption a moment ago, for all objects of this isolate.
 *
 * A copy and nothing else: forgetting all of it changes no answer. It spares objects that hear of no
 * policy by themselves a question to their workspace each time they wake.
 *
 * @module
 */

import type { EncryptionPolicy } from '../../core/policy/encryption-policy.ts';
import type { WorkspaceId } from '../../core/primitives/ids.ts';
import { remember } from '../../core/primitives/remember.ts';

/** How long it is gone by, in milliseconds. */
const GOOD_MS = 10_000;

const MAX_KNOWN = 1_000;

/** For how long more while the first who finds it too old asks, so that not everybody does. */
const MORE_MS = 1_000;

const known = new Map<string, { readonly policy: EncryptionPolicy; until: number }>();

/** `undefined`: the caller asks the workspace. */
export function knownEncryption(workspace: WorkspaceId): EncryptionPolicy | undefined {
  const entry = known.get(workspace);
  const now = Date.now();
  if (entry === undefined || now < entry.until) return entry?.policy;
  entry.until = now + MORE_MS;
  return undefined;
}

/** From the workspace itself, when it says so or has changed it. */
export function hearEncryption(workspace: WorkspaceId, policy: EncryptionPolicy): void {
  remember(known, [workspace, { policy, until: Date.now() + GOOD_MS }], MAX_KNOWN);
}

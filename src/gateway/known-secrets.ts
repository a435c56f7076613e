/**
 * The secrets of workspaces as what is looked for in results and replies, kept for each isolate.
 *
 * @module
 */

import { openVault } from '../blocks/vault/vault-client.ts';
import type { WorkspaceId } from '../core/primitives/ids.ts';
import { compileKnownValues, type KnownValues } from '../core/scan/known-values.ts';
import type { GatewayBindings } from './bindings.ts';

/** How long a vault is not asked again, in milliseconds: a new secret is looked for this soon. */
const MAX_AGE_MS = 2_000;

/** Workspaces are many; beyond this number their vaults are asked anew. */
const MAX_KEPT = 256;

interface Kept {
  readonly state: string;
  readonly askedAt: number;
  /** Absent where there are no secrets. */
  readonly known?: KnownValues;
}

const kept = new Map<WorkspaceId, Kept>();

/** `undefined`: there is nothing to look for. */
export async function knownSecretsOf(
  env: Pick<GatewayBindings, 'VAULTS'>,
  workspace: WorkspaceId,
): Promise<KnownValues | undefined> {
  const now = Date.now();
  const before = kept.get(workspace);
  if (before !== undefined && now - before.askedAt < MAX_AGE_MS) return before.known;
  const changed = await openVault(env, workspace).values(before?.state);
  if (kept.size >= MAX_KEPT) kept.clear();
  const after: Kept | undefined =
    changed === undefined
      ? before && { ...before, askedAt: now }
      : {
          ...{ state: changed.state, askedAt: now },
          ...(changed.values.length > 0 && { known: compileKnownValues(changed.values) }),
        };
  if (after !== undefined) kept.set(workspace, after);
  return after?.known;
}

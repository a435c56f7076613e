/**
 * The secrets of workspaces as what is looked for in results and replies, kept for each isolate.
 *
 * @module
 */

import type { Freshness } from '../agent/ports.ts';
import type { VaultValues } from '../blocks/vault/vault-api.ts';
import { openVault } from '../blocks/vault/vault-client.ts';
import { type Principal, toSpenderName } from '../core/policy/principal.ts';
import type { WorkspaceId } from '../core/primitives/ids.ts';
import { compileKnownValues, type KnownValues } from '../core/scan/known-values.ts';
import type { GatewayBindings } from './bindings.ts';

/** How long a vault is not asked again, in milliseconds: a new secret is looked for this soon. */
const MAX_AGE_MS = 2_000;

/** Workspaces are many; beyond this number their vaults are asked anew. */
const MAX_KEPT = 256;

interface Kept extends VaultValues {
  readonly askedAt: number;
  /** What the last change has taken away: a call that was sent it may still tell it. */
  readonly former: VaultValues['values'];
  /** By who holds some of them, or nothing for those who hold none; `undefined` where there are none. */
  readonly compiled: Map<string, KnownValues | undefined>;
}

const kept = new Map<WorkspaceId, Kept>();

/** What nobody may see in what this principal is told or says; `undefined`: there is nothing to look for. */
export async function knownSecretsOf(
  env: Pick<GatewayBindings, 'VAULTS'>,
  principal: Principal,
  freshness: Freshness,
): Promise<KnownValues | undefined> {
  const values = await valuesOf(env, principal.workspace, freshness);
  return values && compileFor(values, toSpenderName(principal));
}

async function valuesOf(
  env: Pick<GatewayBindings, 'VAULTS'>,
  workspace: WorkspaceId,
  freshness: Freshness,
): Promise<Kept | undefined> {
  const now = Date.now();
  const before = kept.get(workspace);
  const isRecent = before !== undefined && now - before.askedAt < MAX_AGE_MS;
  if (isRecent && freshness === 'recent') return before;
  const changed = await openVault(env, workspace).values(before?.state);
  if (kept.size >= MAX_KEPT) kept.clear();
  const after =
    changed === undefined
      ? before && { ...before, askedAt: now }
      : { ...changed, askedAt: now, former: before?.values ?? [], compiled: new Map() };
  if (after !== undefined) kept.set(workspace, after);
  return after;
}

function compileFor({ values, former, compiled }: Kept, name: string): KnownValues | undefined {
  const all = withFormer(values, former);
  const who = all.some(({ holder }) => holder === name) ? name : '';
  if (!compiled.has(who)) {
    const own = all.filter(({ holder = who }) => holder === who);
    compiled.set(who, own.length > 0 ? compileKnownValues(own) : undefined);
  }
  return compiled.get(who);
}

function withFormer(
  values: VaultValues['values'],
  former: VaultValues['values'],
): VaultValues['values'] {
  const present = new Set(values.map(({ holder = '', value }) => `${holder} ${value}`));
  return [
    ...values,
    ...former.filter(({ holder = '', value }) => !present.has(`${holder} ${value}`)),
  ];
}

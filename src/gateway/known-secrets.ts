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
import {
  compileKnownValues,
  joinKnownValues,
  type KnownValues,
} from '../core/scan/known-values.ts';
import type { GatewayBindings } from './bindings.ts';

/** How long a vault is not asked again, in milliseconds: a new secret is looked for this soon. */
const MAX_AGE_MS = 2_000;

/** Workspaces are many; beyond this number their vaults are asked anew. */
const MAX_KEPT = 256;

interface Kept {
  readonly state: string;
  readonly askedAt: number;
  readonly values: VaultValues['values'];
  /** With what the last change has taken away: a call that was sent it may still tell it. */
  readonly held: VaultValues['values'];
  /** Those that are nobody's. Most changes are of somebody's own. */
  readonly shared: Compiled;
  /** With their own, by who holds some. */
  readonly compiled: Map<string, KnownValues>;
}

interface Compiled {
  /** What it was made of, as JSON. */
  readonly of: string;
  readonly known: KnownValues | undefined;
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
    changed === undefined ? before && { ...before, askedAt: now } : toKept(changed, before, now);
  if (after !== undefined) kept.set(workspace, after);
  return after;
}

function toKept({ state, values }: VaultValues, before: Kept | undefined, now: number): Kept {
  const all = withFormer(values, before?.values ?? []);
  const held = all.filter(({ holder }) => holder !== undefined);
  const shared = compileShared(
    all.filter(({ holder }) => holder === undefined),
    before?.shared,
  );
  return { state, values, askedAt: now, held, shared, compiled: new Map() };
}

/** A large vault takes the one thread for a good while: it is made ready anew only when it has changed. */
function compileShared(values: VaultValues['values'], before: Compiled | undefined): Compiled {
  const of = JSON.stringify(values.map(({ name, value }) => [name, value]));
  if (before?.of === of) return before;
  return { of, known: values.length > 0 ? compileKnownValues(values) : undefined };
}

function compileFor({ held, shared, compiled }: Kept, name: string): KnownValues | undefined {
  const own = held.filter(({ holder }) => holder === name);
  if (own.length === 0) return shared.known;
  const known =
    compiled.get(name) ??
    joinKnownValues([...(shared.known ? [shared.known] : []), compileKnownValues(own)]);
  compiled.set(name, known);
  return known;
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

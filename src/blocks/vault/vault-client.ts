/**
 * The way to the vault of a workspace.
 *
 * @module
 */

import type { WorkspaceId } from '../../core/primitives/ids.ts';
import { workspaceObjectName } from '../kit/address.ts';
import type { BlockBindings } from '../kit/bindings.ts';
import { callAgainAfterReset, lookUp } from '../kit/call.ts';
import type { VaultApi } from './vault-api.ts';

/** All that it does may happen twice: a second `put` is one version more of the same value. */
export function openVault(env: Pick<BlockBindings, 'VAULTS'>, workspace: WorkspaceId): VaultApi {
  const again = <T>(call: (vault: VaultApi) => Promise<T>) =>
    callAgainAfterReset(() => env.VAULTS.getByName(workspaceObjectName(workspace)), call);
  const find = <T>(call: (vault: VaultApi) => Promise<T>) => lookUp('vault', again(call));
  return {
    put: (actor, name, secret) => again((vault) => vault.put(actor, name, secret)),
    list: () => find((vault) => vault.list()),
    remove: (actor, name) => again((vault) => vault.remove(actor, name)),
    rewrap: (actor) => again((vault) => vault.rewrap(actor)),
    use: (request) => again((vault) => vault.use(request)),
    lend: (request) => again((vault) => vault.lend(request)),
    values: (state) => find((vault) => vault.values(state)),
    contentKeys: () => find((vault) => vault.contentKeys()),
  };
}

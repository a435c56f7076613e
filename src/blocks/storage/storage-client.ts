/**
 * The way to a plugin's storage; no other file reaches one.
 *
 * @module
 */

import type { WorkspaceId } from '../../core/primitives/ids.ts';
import { storageObjectName } from '../kit/address.ts';
import type { BlockBindings } from '../kit/bindings.ts';
import { callAgainAfterReset } from '../kit/call.ts';
import type { StorageApi } from './storage-api.ts';

export function openStorage(
  env: Pick<BlockBindings, 'STORAGES'>,
  workspace: WorkspaceId,
  plugin: string,
): StorageApi {
  const name = storageObjectName(workspace, plugin);
  const connect = (): StorageApi => env.STORAGES.getByName(name);
  const again = <T>(call: (storage: StorageApi) => Promise<T>): Promise<T> =>
    callAgainAfterReset(connect, call);
  return {
    async perform(request, revision, label) {
      const perform = (storage: StorageApi) => storage.perform(request, revision, label);
      // Added twice, an entry would stand in its own way.
      return await (request.kind === 'add' ? perform(connect()) : again(perform));
    },
    erase: (revision) => again((storage) => storage.erase(revision)),
  };
}

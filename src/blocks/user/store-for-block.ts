/**
 * What blocks keep together, by key: the memory of their workspace, and its databases.
 *
 * Each is one storage object with the limits of a plugin's (`STORAGE_LIMITS`). What is written bears the
 * label of what shaped it; what is read is private to the workspace.
 *
 * @module
 */

import type { StoreAct } from '../../core/blocks/effect.ts';
import { PRIVATE_LABEL } from '../../core/policy/flow.ts';
import { joinLabels } from '../../core/policy/labels.ts';
import type { JsonObject } from '../../core/primitives/json.ts';
import type { BlockBindings } from '../kit/bindings.ts';
import type { StorageAnswer, StorageRequest } from '../storage/storage-api.ts';
import { openStorage } from '../storage/storage-client.ts';
import type { Performed, Performing } from './requests.ts';

export interface Storing {
  readonly space: 'memory' | `db:${string}`;
  readonly act: StoreAct;
}

export async function storeForBlock(
  env: BlockBindings,
  { space, act }: Storing,
  { facts, authority, stored }: Performing,
): Promise<Performed> {
  // No plugin has such a name.
  const storage = openStorage(env, facts.order.creator.workspace, `#${space}`);
  const { answer, label } = await storage.perform(
    toStorageRequest(act),
    authority.revision,
    stored.label,
  );
  const read = act.kind === 'get' || act.kind === 'list' ? joinLabels(label, PRIVATE_LABEL) : label;
  return { kind: 'answered', answer: toAnswer(answer), label: joinLabels(stored.label, read) };
}

function toStorageRequest(act: StoreAct): StorageRequest {
  switch (act.kind) {
    case 'get':
    case 'delete':
      return { kind: act.kind, key: toBytes(act.key) };
    case 'put':
      return { kind: 'set', key: toBytes(act.key), value: toBytes(JSON.stringify(act.value)) };
    case 'list':
      return {
        kind: 'list',
        prefix: toBytes(act.prefix),
        after: toBytes(act.after),
        limit: act.limit,
      };
  }
}

/** `found` tells a stored `null` from nothing. */
function toAnswer(answer: StorageAnswer): JsonObject {
  switch (answer.kind) {
    case 'value':
      return answer.value === undefined
        ? { found: false }
        : { found: true, value: JSON.parse(toText(answer.value)) };
    case 'entries':
      return {
        entries: answer.entries.map(({ key, value }) => ({
          key: toText(key),
          value: JSON.parse(toText(value)),
        })),
      };
    case 'done':
      return { done: true };
    case 'refused':
      return { failed: answer.reason };
    case 'erased':
      return { failed: 'erased' };
  }
}

const toBytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const toText = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

/** Storage of a plugin that nobody else uses, with keys and values as text. */

import { evictDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import type { BlockBindings } from '../../../src/blocks/kit/bindings.ts';
import { randomHex } from '../../../src/blocks/kit/keys.ts';
import type {
  Performed,
  StorageApi,
  StorageRequest,
} from '../../../src/blocks/storage/storage-api.ts';
import { openStorage } from '../../../src/blocks/storage/storage-client.ts';
import { type Label, PRINCIPAL_LABEL } from '../../../src/core/policy/labels.ts';
import { parseWorkspaceId } from '../../../src/core/primitives/ids.ts';

const bindings = env as unknown as BlockBindings;

export interface Scene {
  readonly workspace: string;
  readonly storage: StorageApi;
  readonly ask: (request: StorageRequest, label?: Label) => Promise<Performed>;
  readonly set: (key: string, value: string, label?: Label) => Promise<Performed>;
  readonly add: (key: string, value: string) => Promise<Performed>;
  /** The value as text; nothing if there is none. */
  readonly get: (key: string) => Promise<string | undefined>;
  readonly list: (prefix?: string, after?: string, limit?: number) => Promise<readonly string[]>;
  readonly delete: (key: string) => Promise<Performed>;
  /** Forgets what is in memory, as a crash does. */
  readonly evict: () => Promise<void>;
}

export const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const text = (value: Uint8Array): string => new TextDecoder().decode(value);

export function storageScene(plugin = 'notes', name = `w-${randomHex(6)}`): Scene {
  const workspace = parseWorkspaceId(name);
  if (workspace === undefined) throw new Error('The name must be that of a workspace');
  const storage = openStorage(bindings, workspace, plugin);
  const ask = (request: StorageRequest, label = PRINCIPAL_LABEL) =>
    storage.perform(request, 1, label);
  return {
    workspace,
    storage,
    ask,
    set: (key, value, label) => ask({ kind: 'set', key: bytes(key), value: bytes(value) }, label),
    add: (key, value) => ask({ kind: 'add', key: bytes(key), value: bytes(value) }),
    async get(key) {
      const { answer } = await ask({ kind: 'get', key: bytes(key) });
      if (answer.kind !== 'value') throw new Error(`Cannot get: ${answer.kind}`);
      return answer.value && text(answer.value);
    },
    async list(prefix = '', after = '', limit = 100) {
      const request = { kind: 'list', prefix: bytes(prefix), after: bytes(after), limit } as const;
      const { answer } = await ask(request);
      if (answer.kind !== 'entries') throw new Error(`Cannot list: ${answer.kind}`);
      return answer.entries.map(({ key }) => text(key));
    },
    delete: (key) => ask({ kind: 'delete', key: bytes(key) }),
    evict: () => evictDurableObject(stubOf(`${workspace}/${plugin}`)),
  };
}

/** Its full type is too deep for the compiler. */
export function stubOf(name: string): DurableObjectStub {
  return bindings.STORAGES.getByName(name) as unknown as DurableObjectStub;
}

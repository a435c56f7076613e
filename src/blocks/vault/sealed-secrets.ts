/**
 * The secrets of a workspace as they are kept: sealed, each about its workspace, name, version and
 * hosts, so that whoever can write to the storage can neither swap two nor widen where one may go.
 *
 * @module
 */

import { Fault } from '../../core/errors/fault.ts';
import type { Secret } from '../../core/vault/secret.ts';
import { randomHex } from '../kit/keys.ts';
import type { DataKey, WrappingKeys } from './data-key.ts';
import { open, seal } from './envelope.ts';
import type { SecretDescription, VaultDescription } from './vault-api.ts';
import type { StoredSecret, VaultStore } from './vault-store.ts';

const STATE_BYTES = 8;

export class SealedSecrets {
  readonly #workspace: string;
  readonly #store: VaultStore;
  readonly #wrapping: WrappingKeys;
  /** Unwrapped once for each life of the block. */
  #dataKey: DataKey | undefined;
  #state = randomHex(STATE_BYTES);

  constructor(workspace: string, store: VaultStore, wrapping: WrappingKeys) {
    this.#workspace = workspace;
    this.#store = store;
    this.#wrapping = wrapping;
  }

  /** Another one after every change, and in every life of the block. */
  get state(): string {
    return this.#state;
  }

  /** Part of a transaction: something else has changed that is looked for in what leaves. */
  touch(): void {
    this.#state = randomHex(STATE_BYTES);
  }

  /** Memory may be ahead of storage. */
  forget(): void {
    this.#dataKey = undefined;
    this.#state = randomHex(STATE_BYTES);
  }

  describe(): VaultDescription {
    const dataKey = this.#store.dataKey();
    return {
      secrets: this.#store.all().map(toDescription),
      ...(dataKey && { dataKey: dataKey.id, wrappedBy: dataKey.wrappedBy }),
    };
  }

  /** The value; `undefined` if it cannot be read. */
  read(secret: StoredSecret): string | undefined {
    const dataKey = this.#readDataKey();
    const plain = dataKey && open(dataKey.key, secret.sealed, this.#about(secret));
    return plain && Buffer.from(plain).toString('utf8');
  }

  /**
   * Part of a transaction.
   *
   * @throws Fault `internal` when the data key cannot be unwrapped.
   */
  write(name: string, { value, hosts }: Secret, now: number): SecretDescription {
    const dataKey = this.#takeDataKey();
    const version = this.#store.lastVersion(name) + 1;
    const createdAt = this.#store.find(name)?.createdAt ?? now;
    const described = { name, version, hosts, createdAt, updatedAt: now };
    this.#put(dataKey, described, value);
    return described;
  }

  /** Part of a transaction. With the last secret goes the data key. */
  remove(name: string): void {
    this.#store.remove(name);
    this.#state = randomHex(STATE_BYTES);
    if (this.#store.count() > 0) return;
    this.#store.forgetDataKey();
    this.#dataKey = undefined;
  }

  /**
   * Part of a transaction: seals everything with a new data key, under the present master key.
   *
   * @throws Fault `internal` when a secret cannot be read: it would be lost.
   */
  rewrap(): void {
    const opened = this.#store.all().map((secret) => {
      const value = this.read(secret);
      if (value === undefined) throw unreadable();
      return { secret, value };
    });
    const dataKey = this.#wrapping.create();
    this.#store.setDataKey(this.#wrapping.wrap(dataKey));
    this.#dataKey = dataKey;
    for (const { secret, value } of opened) this.#put(dataKey, toDescription(secret), value);
  }

  #put(dataKey: DataKey, described: SecretDescription, value: string): void {
    const sealed = seal(dataKey.key, Buffer.from(value, 'utf8'), this.#about(described));
    this.#store.put({ ...described, sealed });
    this.#state = randomHex(STATE_BYTES);
  }

  #about({ name, version, hosts }: Pick<SecretDescription, 'name' | 'version' | 'hosts'>) {
    const workspace = this.#workspace;
    return { kind: 'sallyport-secret/1', workspace, name, version, hosts };
  }

  #readDataKey(): DataKey | undefined {
    if (this.#dataKey !== undefined) return this.#dataKey;
    const wrapped = this.#store.dataKey();
    this.#dataKey = wrapped && this.#wrapping.unwrap(wrapped);
    return this.#dataKey;
  }

  /** What lies under the previous master key is put under the present one with the first write. */
  #takeDataKey(): DataKey {
    const wrapped = this.#store.dataKey();
    const dataKey = wrapped === undefined ? this.#wrapping.create() : this.#readDataKey();
    if (dataKey === undefined) throw unreadable();
    if (wrapped === undefined || !this.#wrapping.isPresent(wrapped)) {
      this.#store.setDataKey(this.#wrapping.wrap(dataKey));
    }
    this.#dataKey = dataKey;
    return dataKey;
  }
}

function toDescription({ sealed: _, ...described }: StoredSecret): SecretDescription {
  return described;
}

function unreadable(): Fault {
  return new Fault(
    'internal',
    'Cannot open the vault: SALLYPORT_MASTER_KEY or SALLYPORT_PREVIOUS_MASTER_KEY must be the key that it lies under',
  );
}

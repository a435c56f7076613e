/**
 * The storage block: what one plugin keeps in one workspace. The object's name holds both, so no
 * plugin reaches another's, nor its own of another workspace.
 *
 * It decides nothing about who may: each request was authorised by the session of its call.
 *
 * @module
 */

import { DurableObject } from 'cloudflare:workers';
import { type Label, LOWEST_LABEL } from '../../core/policy/labels.ts';
import type { BlockBindings } from '../kit/bindings.ts';
import { Sealing } from '../kit/sealing.ts';
import { Tables } from '../kit/tables.ts';
import { EntryStore } from './entry-store.ts';
import { perform } from './perform.ts';
import type { Performed, StorageApi, StorageRequest } from './storage-api.ts';

const ERASED: Performed = { answer: { kind: 'erased' }, label: LOWEST_LABEL };

export class StorageBlock extends DurableObject<BlockBindings> implements StorageApi {
  readonly #sealing: Sealing;
  readonly #store: EntryStore;

  constructor(ctx: DurableObjectState, env: BlockBindings) {
    super(ctx, env);
    this.#sealing = new Sealing({ env, ctx, tables: new Tables(ctx.storage.sql), kind: 'storage' });
    this.#store = new EntryStore(ctx.storage.sql, this.#sealing);
    this.#sealing.begin(() => undefined);
  }

  async perform(request: StorageRequest, revision: number, label: Label): Promise<Performed> {
    const writes = request.kind === 'set' || request.kind === 'add';
    if (writes) await this.#sealing.ask();
    if (revision < this.#store.erasedAt()) return ERASED;
    return this.#transact(() => perform(this.#store, request, label));
  }

  async erase(revision: number): Promise<void> {
    if (revision <= this.#store.erasedAt()) return;
    this.#transact(() => this.#store.erase(revision));
  }

  /** Changes storage and memory together, or neither. */
  #transact<T>(change: () => T): T {
    try {
      return this.ctx.storage.transactionSync(change);
    } catch (thrown) {
      this.#store.forget();
      this.#sealing.forget();
      throw thrown;
    }
  }
}

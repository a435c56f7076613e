/**
 * The channels of a workspace, with their credentials, which are sealed.
 *
 * @module
 */

import { type ChannelSpec, channelSchema } from '../../core/channels/channel-spec.ts';
import type { CreateChannel } from './channel-api.ts';

export interface StoredChannel extends Omit<CreateChannel, 'credentials' | 'isOperator'> {
  readonly spec: ChannelSpec;
  readonly createdAt: number;
}

type ChannelRow = { facts: string; sealed: ArrayBuffer };

export class ChannelStore {
  readonly #sql: SqlStorage;
  /** Every webhook asks. */
  #known: Map<string, StoredChannel> | undefined;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  createTable(): void {
    this.#sql.exec(`CREATE TABLE IF NOT EXISTS channels (
      name TEXT PRIMARY KEY, facts TEXT NOT NULL, sealed BLOB NOT NULL
    ) STRICT, WITHOUT ROWID`);
  }

  forget(): void {
    this.#known = undefined;
  }

  all(): readonly StoredChannel[] {
    return [...this.#read().values()];
  }

  find(name: string): StoredChannel | undefined {
    return this.#read().get(name);
  }

  sealedOf(name: string): Uint8Array | undefined {
    const [row] = this.#sql
      .exec<Pick<ChannelRow, 'sealed'>>('SELECT sealed FROM channels WHERE name = ?', name)
      .toArray();
    return row && new Uint8Array(row.sealed);
  }

  put(channel: StoredChannel, sealed: Uint8Array): void {
    this.#sql.exec(
      'INSERT INTO channels (name, facts, sealed) VALUES (?, ?, ?)',
      channel.spec.name,
      JSON.stringify(channel),
      sealed,
    );
    this.forget();
  }

  remove(name: string): void {
    this.#sql.exec('DELETE FROM channels WHERE name = ?', name);
    this.forget();
  }

  #read(): Map<string, StoredChannel> {
    this.#known ??= new Map(
      this.#sql
        .exec<Pick<ChannelRow, 'facts'>>('SELECT facts FROM channels ORDER BY name')
        .toArray()
        .map(({ facts }) => JSON.parse(facts) as StoredChannel)
        // Of an older version it lacks what has a default.
        .map((channel) => ({ ...channel, spec: channelSchema.parse(channel.spec) }))
        .map((channel) => [channel.spec.name, channel]),
    );
    return this.#known;
  }
}

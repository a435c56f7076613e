/**
 * The client of a gateway: blocks, by TypeScript. For Node, Workers and browsers; needs `fetch` only,
 * and `WebSocket` for {@link Block.connect}.
 *
 * @example
 * ```ts
 * const sallyport = new Sallyport({ url: 'http://127.0.0.1:8787', token });
 * const block = await sallyport.spawn({ kind: 'mailbox' }, { capabilities: ['CAP_RECEIVE'] });
 * await block.send({ hello: 'world' });
 * const [message] = await block.receive({ timeoutMs: 1_000 });
 * await message?.ack();
 * ```
 *
 * @module
 */

import type { JsonValue } from '../core/primitives/json.ts';
import { Block } from './block.ts';
import type { Behavior, SpawnOptions, Supervision } from './block-types.ts';
import { ask, type Connection } from './request.ts';

export { SallyportError } from './request.ts';

export class Sallyport {
  readonly #connection: Connection;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  async spawn(behavior: Behavior, options: SpawnOptions = {}): Promise<Block> {
    const body = { behavior, ...options };
    const path = '/v1/blocks';
    const { id } = await ask<{ readonly id: string }>(this.#connection, {
      method: 'POST',
      path,
      body,
    });
    return this.block(id);
  }

  /** A supervisor, with the capabilities that it needs and those that its children may get. */
  supervise(supervision: Supervision, options: SpawnOptions = {}): Promise<Block> {
    const capabilities = ['CAP_SUPERVISE', 'CAP_SPAWN', ...(options.capabilities ?? [])];
    return this.spawn({ kind: 'supervisor', ...supervision }, { ...options, capabilities });
  }

  block(id: string): Block {
    return new Block(this.#connection, id);
  }

  /** @throws SallyportError `noproc` if nobody has the name. */
  async named(name: string): Promise<Block> {
    const path = `/v1/names/${encodeURIComponent(name)}`;
    const { id } = await ask<{ readonly id: string }>(this.#connection, { method: 'GET', path });
    return this.block(id);
  }

  /** Sends to all members of a group; says how many accepted. */
  async broadcast(group: string, body: JsonValue): Promise<number> {
    const { accepted } = await ask<{ readonly accepted: number }>(this.#connection, {
      method: 'POST',
      path: `/v1/groups/${encodeURIComponent(group)}/messages`,
      body: { body },
    });
    return accepted;
  }
}

/**
 * One block, as a program handles it.
 *
 * @module
 */

import type { CapabilityEntry } from '../core/blocks/block-grants.ts';
import type { JsonValue } from '../core/primitives/json.ts';
import type { RequestedExit } from '../core/supervision/exit-reason.ts';
import type {
  Behavior,
  Child,
  ConnectOptions,
  Description,
  ReceivedJson,
  ReceiveOptions,
  SendAnswer,
  Sent,
  SpawnOptions,
  Tree,
} from './block-types.ts';
import { type Consumer, openConsumer } from './consumer.ts';
import { Message } from './message.ts';
import { ask, type Connection, type Request } from './request.ts';

/** Longest that one request waits, in milliseconds. */
const LONGEST_WAIT_MS = 60_000;

export class Block {
  readonly id: string;
  readonly #connection: Connection;
  readonly #actingAs: string | undefined;

  constructor(connection: Connection, id: string, actingAs?: string) {
    this.#connection = connection;
    this.id = id;
    this.#actingAs = actingAs;
  }

  /** The same block, as another one sees it: what is sent comes from there. */
  from(other: Block | string): Block {
    return new Block(this.#connection, this.id, typeof other === 'string' ? other : other.id);
  }

  describe(): Promise<Description> {
    return this.#ask({ method: 'GET', path: '' });
  }

  tree(): Promise<Tree> {
    return this.#ask({ method: 'GET', path: '/tree' });
  }

  /**
   * Durable once it resolves. Under a `messageId` of the sender's own, the same message sent twice is
   * one.
   */
  send(body: JsonValue, options: { readonly messageId?: string } = {}): Promise<Sent> {
    return this.#askFrom({ method: 'POST', path: '/messages', body: { body, ...options } });
  }

  /** Up to 100 in one transaction, each answered for itself, in their order. */
  async sendMany(
    messages: readonly { readonly body: JsonValue; readonly messageId?: string }[],
  ): Promise<readonly SendAnswer[]> {
    const { answers } = await this.#askFrom<{ readonly answers: readonly SendAnswer[] }>({
      method: 'POST',
      path: '/messages',
      body: { messages },
    });
    return answers;
  }

  /** The answer of the block. */
  async call(body: JsonValue, options: { readonly timeoutMs?: number } = {}): Promise<JsonValue> {
    const answer = await this.#askFrom<{ readonly body: JsonValue }>({
      method: 'POST',
      path: '/call',
      body: { body, ...options },
    });
    return answer.body;
  }

  /** Takes messages under a lease; empty when none came in time. */
  async receive(options: ReceiveOptions = {}): Promise<Message[]> {
    const { messages } = await this.#ask<{ readonly messages: readonly ReceivedJson[] }>({
      method: 'POST',
      path: '/receive',
      body: options,
    });
    return messages.map((message) => new Message(this, message));
  }

  /** One message after the other, each acknowledged when the next is asked for. Ends with `signal`. */
  async *messages(
    options: Pick<ReceiveOptions, 'match' | 'leaseMs'> & { readonly signal?: AbortSignal } = {},
  ): AsyncGenerator<Message> {
    const { signal, ...query } = options;
    while (signal?.aborted !== true) {
      const [message] = await this.receive({ ...query, timeoutMs: LONGEST_WAIT_MS, max: 1 });
      if (message === undefined) continue;
      yield message;
      await message.ack();
    }
  }

  /**
   * Messages as they come, over a WebSocket. Browsers cannot open it, since it needs the token in a
   * header, and Node before 22 has none: use {@link messages} there.
   *
   * @throws SallyportError `unsupported` where none can be opened, `disconnected` if the gateway
   * cannot be reached or refuses.
   */
  connect(options: ConnectOptions = {}): Promise<Consumer> {
    const query = new URLSearchParams(
      Object.entries(options).map(([name, value]) => [name, String(value)]),
    );
    return openConsumer(this.#connection, `/v1/blocks/${this.id}/connect?${query}`);
  }

  async acknowledge(...leases: readonly string[]): Promise<number> {
    const done = await this.#ask<{ readonly acknowledged: number }>({
      method: 'POST',
      path: '/ack',
      body: { leases },
    });
    return done.acknowledged;
  }

  async reply(lease: string, body: JsonValue): Promise<void> {
    await this.#ask({ method: 'POST', path: '/reply', body: { lease, body } });
  }

  link(other: Block | string): Promise<void> {
    return this.#ask({ method: 'PUT', path: `/links/${idOf(other)}` });
  }

  unlink(other: Block | string): Promise<void> {
    return this.#ask({ method: 'DELETE', path: `/links/${idOf(other)}` });
  }

  /** The reference that comes with the `down`. */
  async monitor(other: Block | string): Promise<string> {
    const { ref } = await this.#ask<{ readonly ref: string }>({
      method: 'POST',
      path: '/monitors',
      body: { target: idOf(other) },
    });
    return ref;
  }

  demonitor(ref: string, options: { readonly flush?: boolean } = {}): Promise<void> {
    const query = options.flush === true ? '?flush=true' : '';
    return this.#ask({ method: 'DELETE', path: `/monitors/${ref}${query}` });
  }

  trapExits(on = true): Promise<void> {
    return this.#ask({ method: 'PUT', path: '/trap-exits', body: { on } });
  }

  async exit(reason: RequestedExit = 'normal'): Promise<void> {
    await this.#askFrom({ method: 'POST', path: '/exit', body: { reason } });
  }

  /**
   * Another behaviour from the next message on. `migrate` names a tool that makes its state of the old
   * one; if that fails, all is as it was.
   *
   * @throws SallyportError `upgrade_failed`
   */
  upgrade(
    behavior: Behavior,
    options: { readonly migrate?: string } = {},
  ): Promise<{ readonly version: number }> {
    return this.#ask({ method: 'POST', path: '/upgrade', body: { behavior, ...options } });
  }

  /** Leaves the block, and all below it, with no more than this; resolves once that holds. */
  async narrow(capabilities: readonly CapabilityEntry[]): Promise<readonly CapabilityEntry[]> {
    const left = await this.#ask<{ readonly capabilities: readonly CapabilityEntry[] }>({
      method: 'PUT',
      path: '/capabilities',
      body: { capabilities },
    });
    return left.capabilities;
  }

  /** A child of this block. */
  async spawn(
    behavior: Behavior,
    options: SpawnOptions & { readonly link?: boolean; readonly monitor?: boolean } = {},
  ): Promise<Block> {
    const body = { behavior, parent: this.id, ...options };
    const { id } = await ask<{ readonly id: string }>(this.#connection, {
      method: 'POST',
      path: '/v1/blocks',
      body,
    });
    return new Block(this.#connection, id, this.#actingAs);
  }

  /** Of a supervisor. */
  async addChild(child: Child): Promise<void> {
    await this.#ask({ method: 'POST', path: '/children', body: child });
  }

  removeChild(name: string): Promise<void> {
    return this.#ask({ method: 'DELETE', path: `/children/${encodeURIComponent(name)}` });
  }

  /** What this block does itself. */
  #ask<T>(request: Request): Promise<T> {
    return ask(this.#connection, { ...request, path: `/v1/blocks/${this.id}${request.path}` });
  }

  /** What comes to it from another one. */
  #askFrom<T>(request: Request): Promise<T> {
    return this.#ask({ ...request, actingAs: this.#actingAs });
  }
}

function idOf(block: Block | string): string {
  return typeof block === 'string' ? block : block.id;
}

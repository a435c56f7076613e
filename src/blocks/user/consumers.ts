/**
 * Outside consumers that are connected to a block: they ask for a WebSocket, speak over it, and are
 * told that what they may do has changed.
 *
 * @module
 */

import type { Result } from '../../core/primitives/result.ts';
import { requireCapability } from './act-as-block.ts';
import type { BlockRefusal } from './block-api.ts';
import type { BlockParts } from './block-parts.ts';
import { BlockSockets, type SocketHost } from './block-sockets.ts';
import type { Calls } from './calls.ts';
import { SOCKET_HEADER, type SocketRequest } from './consumer-api.ts';
import { hearConsumer } from './hear-consumer.ts';
import type { PresentRights } from './present-rights.ts';

interface ConsumerParts {
  readonly host: SocketHost;
  readonly parts: BlockParts;
  readonly calls: Calls;
  readonly rights: PresentRights;
}

export class Consumers {
  readonly #parts: BlockParts;
  readonly #calls: Calls;
  readonly #sockets: BlockSockets;

  constructor({ host, parts, calls, rights }: ConsumerParts) {
    this.#parts = parts;
    this.#calls = calls;
    this.#sockets = new BlockSockets(host, parts, rights);
  }

  /** The request comes from `block-client.ts`, which nobody outside reaches. */
  async connect(request: Request): Promise<Response> {
    const asked: SocketRequest = JSON.parse(request.headers.get(SOCKET_HEADER) ?? 'null');
    const opened = await this.#open(asked);
    return opened.ok
      ? new Response(null, { status: 101, webSocket: opened.value })
      : Response.json(opened.error, { status: 403 });
  }

  async #open(asked: SocketRequest): Promise<Result<WebSocket, BlockRefusal>> {
    const allowed = await requireCapability(this.#parts, asked.actor, 'block:receive');
    return allowed.ok ? this.#sockets.open(asked) : allowed;
  }

  /** What one says over his WebSocket. */
  async hear(socket: WebSocket, data: string | ArrayBuffer): Promise<void> {
    const { actor } = this.#sockets.consumer(socket);
    this.#sockets.answer(socket, await hearConsumer(this.#parts, this.#calls, { actor, data }));
  }

  closed(socket: WebSocket): void {
    this.#sockets.closed(socket);
  }

  /** After anything may have come into the mailbox, or out of it, or the block has ended. */
  push(): void {
    this.#sockets.push();
  }

  pushNow(): Promise<void> {
    return this.#sockets.pushNow();
  }
}

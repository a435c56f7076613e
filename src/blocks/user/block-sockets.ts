/**
 * WebSockets of outside consumers: messages are pushed under leases, a window of them at a time, and
 * come again unless they are acknowledged.
 *
 * The platform holds the sockets, so a block may leave memory while its consumers stay connected.
 * All that is known of one is attached to it; what it holds stands in the mailbox. Heartbeats are
 * answered without waking the block.
 *
 * @module
 */

import { CLOSE_CODES, type CloseWord, HEARTBEAT } from '../../core/blocks/socket-frame.ts';
import { err, ok, type Result } from '../../core/primitives/result.ts';
import { reasonWord } from '../../core/supervision/exit-reason.ts';
import type { BlockRefusal } from './block-api.ts';
import { type BlockParts, transact } from './block-parts.ts';
import { type SocketRequest, toReceivedJson } from './consumer-api.ts';
import { countLeases, releaseLeases } from './held-messages.ts';
import type { PresentRights } from './present-rights.ts';
import { takeMessages } from './receive-messages.ts';
import { refusal } from './refusals.ts';

/** Most sockets of one block at once. */
const MAX_SOCKETS = 16;

/** So that a lease, which begins with it, stays as short as others are at most. */
const ID_CHARS = 21;

/** Timer that pushes what was not acknowledged in time. */
export const PUSH_TIMER = 'push';

/** How soon a push that failed is tried again, in milliseconds. */
const RETRY_MS = 1_000;

const TOO_MANY = refusal(
  'limit_reached',
  `The block has all the ${MAX_SOCKETS} WebSockets that it may have`,
);

export type SocketHost = Pick<
  DurableObjectState,
  'acceptWebSocket' | 'getWebSockets' | 'setWebSocketAutoResponse'
>;

/** What is attached to each socket. */
interface Consumer extends SocketRequest {
  readonly id: string;
}

export class BlockSockets {
  readonly #host: SocketHost;
  readonly #parts: BlockParts;
  readonly #rights: PresentRights;
  #pushing: Promise<void> | undefined;
  #isAskedAgain = false;

  constructor(host: SocketHost, parts: BlockParts, rights: PresentRights) {
    this.#host = host;
    this.#parts = parts;
    this.#rights = rights;
  }

  /** The consumer's end. Whether he may receive was asked before. */
  open(request: SocketRequest): Result<WebSocket, BlockRefusal> {
    if (this.#open().length >= MAX_SOCKETS) return err(TOO_MANY);
    const { 0: theirs, 1: ours } = new WebSocketPair();
    this.#host.acceptWebSocket(ours);
    const { ask, answer } = HEARTBEAT;
    this.#host.setWebSocketAutoResponse(new WebSocketRequestResponsePair(ask, answer));
    const id = this.#parts.newId('sock').slice(0, ID_CHARS);
    ours.serializeAttachment({ ...request, id } satisfies Consumer);
    return ok(theirs);
  }

  consumer(socket: WebSocket): Consumer {
    return socket.deserializeAttachment();
  }

  /** With a frame, or by closing it. */
  answer(socket: WebSocket, answer: Result<object, CloseWord>): void {
    if (!isOpen(socket)) return;
    if (answer.ok) socket.send(JSON.stringify(answer.value));
    else this.close(socket, answer.error);
  }

  /** Closes it for that reason; what it holds may be taken by others at once. */
  close(socket: WebSocket, word: CloseWord, reason: string = word): void {
    releaseLeases(this.#parts, this.consumer(socket).id);
    socket.close(CLOSE_CODES[word], reason);
  }

  /** The consumer has closed it, or it was lost. */
  closed(socket: WebSocket): void {
    releaseLeases(this.#parts, this.consumer(socket).id);
    // Until both ends have, the connection stays.
    socket.close();
    this.push();
  }

  /** After anything may have come into the mailbox, or out of it, or the block has ended. */
  push(): void {
    if (this.#host.getWebSockets().length === 0) return;
    const exit = this.#parts.facts.read()?.exit;
    if (exit !== undefined) {
      for (const socket of this.#open()) this.close(socket, 'exited', reasonWord(exit.reason));
      return;
    }
    this.#isAskedAgain = this.#pushing !== undefined;
    if (!this.#isAskedAgain) this.#parts.defer(this.pushNow());
  }

  /** Resolves once nothing more can be pushed. Never rejects. */
  pushNow(): Promise<void> {
    this.#pushing ??= this.#pushAll()
      .catch(() => this.#pushBy(this.#parts.now() + RETRY_MS))
      .finally(() => {
        this.#pushing = undefined;
        if (this.#isAskedAgain) this.push();
      });
    return this.#pushing;
  }

  async #pushAll(): Promise<void> {
    for (const socket of this.#open()) {
      const { actor } = this.consumer(socket);
      const mayReceive = await this.#rights.mayAct(actor, 'block:receive');
      // Its end closes them all.
      if (this.#parts.facts.alive() === undefined) return;
      if (mayReceive) this.#pushTo(socket);
      else this.close(socket, 'denied');
    }
    const leaseEnd = this.#parts.mailbox.nextLeaseEnd(this.#parts.now());
    if (leaseEnd !== undefined) this.#pushBy(leaseEnd);
  }

  /** As many as its window allows. */
  #pushTo(socket: WebSocket): void {
    if (!isOpen(socket)) return;
    const { id, terms } = this.consumer(socket);
    const max = terms.window - countLeases(this.#parts, id);
    const taken = takeMessages(this.#parts, { max, leaseMs: terms.leaseMs, holder: id });
    for (const message of taken) {
      socket.send(JSON.stringify({ kind: 'message', message: toReceivedJson(message) }));
    }
  }

  #pushBy(at: number): void {
    transact(this.#parts, () => this.#parts.timers.setLatest(PUSH_TIMER, at));
  }

  #open(): WebSocket[] {
    return this.#host.getWebSockets().filter(isOpen);
  }
}

function isOpen({ readyState }: WebSocket): boolean {
  return readyState === WebSocket.OPEN;
}

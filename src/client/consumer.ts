/**
 * A consumer of a block's messages over a WebSocket.
 *
 * @module
 */

import type { JsonValue } from '../core/primitives/json.ts';
import type { ReceivedJson } from './block-types.ts';
import { type Leaser, Message } from './message.ts';
import { openWebSocket } from './open-web-socket.ts';
import { type Connection, SallyportError } from './request.ts';

/** How often the connection is kept from looking idle, in milliseconds. The block sleeps through it. */
const HEARTBEAT_MS = 30_000;

/** Close codes of the gateway that mean something to a program. */
const CODES: Readonly<Record<number, { readonly status: number; readonly code: string }>> = {
  4000: { status: 404, code: 'noproc' },
  4003: { status: 403, code: 'denied' },
};

type Frame =
  | { readonly kind: 'message'; readonly message: ReceivedJson }
  | {
      readonly kind: 'acknowledged';
      readonly leases: readonly string[];
      readonly over: readonly string[];
    }
  | { readonly kind: 'replied'; readonly lease: string }
  | {
      readonly kind: 'refused';
      readonly lease: string;
      readonly code: string;
      readonly detail: string;
    };

interface Waiting {
  readonly resolve: (isDone: boolean) => void;
  readonly reject: (error: Error) => void;
}

/** Without an error if the program itself has closed it. */
interface End {
  readonly error?: SallyportError;
}

/** For whoever waits for an answer that does not come any more. */
function errorOf({ error }: End): SallyportError {
  return error ?? new SallyportError(0, { code: 'disconnected' }, undefined);
}

export async function openConsumer(connection: Connection, path: string): Promise<Consumer> {
  return new Consumer(await openWebSocket(connection, path));
}

/**
 * Iterates over messages until it is closed. Each is acknowledged or answered by whoever takes it; what
 * is not comes again, here or to another consumer.
 *
 * @throws SallyportError while iterating: `noproc` when the block has ended, `denied` when it may not be
 * received from any more, `disconnected` when the connection was lost.
 */
export class Consumer implements AsyncIterable<Message>, Leaser {
  readonly #socket: WebSocket;
  readonly #came: Message[] = [];
  readonly #waiting = new Map<string, Waiting>();
  readonly #heartbeat: ReturnType<typeof setInterval>;
  #wake: () => void = () => {};
  /** Set once it is closed. */
  #end: End | undefined;

  constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.addEventListener('message', ({ data }) => {
      if (typeof data === 'string' && data !== 'pong') this.#hear(JSON.parse(data));
    });
    socket.addEventListener('close', ({ code, reason }) => this.#closed(code, reason));
    socket.send('ping');
    this.#heartbeat = setInterval(() => socket.send('ping'), HEARTBEAT_MS);
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Message> {
    for (;;) {
      const message = this.#came.shift();
      if (message !== undefined) yield message;
      else if (this.#end === undefined) await this.#next();
      else if (this.#end.error === undefined) return;
      else throw this.#end.error;
    }
  }

  async acknowledge(...leases: readonly string[]): Promise<number> {
    const answers = leases.map((lease) => this.#answerTo(lease));
    this.#send({ kind: 'ack', leases });
    return (await Promise.all(answers)).filter((isDone) => isDone).length;
  }

  async reply(lease: string, body: JsonValue): Promise<void> {
    const answer = this.#answerTo(lease);
    this.#send({ kind: 'reply', lease, body });
    await answer;
  }

  /** What was not acknowledged goes to others at once. */
  close(): void {
    this.#finish({});
    this.#socket.close();
  }

  #hear(frame: Frame): void {
    switch (frame.kind) {
      case 'message':
        this.#came.push(new Message(this, frame.message));
        this.#wake();
        return;
      case 'acknowledged':
        for (const lease of frame.leases) this.#settle(lease)?.resolve(true);
        for (const lease of frame.over) this.#settle(lease)?.resolve(false);
        return;
      case 'replied':
        this.#settle(frame.lease)?.resolve(true);
        return;
      case 'refused': {
        const { code, detail } = frame;
        this.#settle(frame.lease)?.reject(new SallyportError(409, { code, detail }, undefined));
      }
    }
  }

  #closed(closeCode: number, reason: string): void {
    const { status, code } = CODES[closeCode] ?? { status: 0, code: 'disconnected' };
    const detail = `The connection to the block was closed: ${reason || closeCode}`;
    this.#finish({ error: new SallyportError(status, { code, detail }, undefined) });
  }

  /** The first end counts. */
  #finish(end: End): void {
    if (this.#end !== undefined) return;
    this.#end = end;
    clearInterval(this.#heartbeat);
    for (const { reject } of this.#waiting.values()) reject(errorOf(end));
    this.#waiting.clear();
    this.#wake();
  }

  #next(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }

  #answerTo(lease: string): Promise<boolean> {
    if (this.#end !== undefined) return Promise.reject(errorOf(this.#end));
    return new Promise((resolve, reject) => {
      this.#waiting.set(lease, { resolve, reject });
    });
  }

  #settle(lease: string): Waiting | undefined {
    const waiting = this.#waiting.get(lease);
    this.#waiting.delete(lease);
    return waiting;
  }

  #send(frame: object): void {
    if (this.#end === undefined) this.#socket.send(JSON.stringify(frame));
  }
}

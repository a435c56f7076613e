/**
 * A connection to the outside whose every byte is counted before it passes.
 *
 * It stands where the socket would: HTTP and TLS run on top of it, so heads, handshakes and bodies
 * are all counted, and a quota that is reached ends the connection without the bytes beyond it.
 *
 * @module
 */

import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';
import type { EgressConnection } from './egress-ledger.ts';
import { EgressStop } from './egress-stop.ts';

export class MeteredStream extends Duplex {
  readonly #socket: Socket;
  readonly #connection: EgressConnection;
  #hasEnded = false;

  /** Owns the socket from here on. */
  constructor(socket: Socket, connection: EgressConnection, idleTimeoutMs: number) {
    super({ allowHalfOpen: true });
    this.#socket = socket;
    this.#connection = connection;
    // While nobody reads it yet, as before a client has spoken in its tunnel, it may end like any other:
    // whoever uses it then finds out by `errored`, and nobody's having listened ends no process.
    this.on('error', () => undefined);
    socket.setTimeout(idleTimeoutMs, () => this.destroy(new EgressStop('idle_timeout')));
    socket.on('data', (chunk: Buffer) => this.#receive(chunk));
    socket.on('end', () => this.#end());
    socket.on('error', () => this.destroy(new EgressStop('upstream_failed')));
    socket.on('close', () => this.#close());
  }

  override _read(): void {
    this.#socket.resume();
  }

  override _write(chunk: Buffer, _encoding: string, done: (error?: Error) => void): void {
    if (!this.#connection.spend('up', chunk.length)) done(new EgressStop('bytes_up_exceeded'));
    else this.#socket.write(chunk, (error) => done(error ?? undefined));
  }

  override _final(done: () => void): void {
    this.#socket.end(done);
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#socket.destroy();
    done(error);
  }

  #end(): void {
    this.#hasEnded = true;
    this.push(null);
  }

  /** What has come in is still to be read; then there is nothing more to wait for. */
  #close(): void {
    if (this.readableLength === 0 || !this.#hasEnded) this.destroy();
    else this.once('end', () => this.destroy());
  }

  #receive(chunk: Buffer): void {
    if (!this.#connection.spend('down', chunk.length)) {
      this.destroy(new EgressStop('bytes_down_exceeded'));
    } else if (!this.push(chunk)) {
      this.#socket.pause();
    }
  }
}

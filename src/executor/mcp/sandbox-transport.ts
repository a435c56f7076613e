/**
 * MCP over the standard streams of a sandbox (MCP 2025-11-25, transport stdio).
 *
 * @module
 */

import {
  type JSONRPCMessage,
  ReadBuffer,
  serializeMessage,
  type Transport,
} from '@modelcontextprotocol/client';
import type { RunningSandbox } from '../sandbox.ts';

/** Longest message of a server, in bytes. */
const MAX_MESSAGE_BYTES = 4_194_304;

/** Messages of a server between two requests of ours: a server that only talks, or asks, is ended. */
const MAX_UNASKED = 1_000;

/** The same of lines of any kind: servers log on standard output by mistake. */
const MAX_LINES = 10_000;

const LINE_END = 0x0a;

export class SandboxTransport implements Transport {
  onclose?: () => void;
  onerror?: (error: Error) => void;
  onmessage?: (message: JSONRPCMessage) => void;
  readonly #program: RunningSandbox;
  readonly #buffer = new ReadBuffer({ maxBufferSize: MAX_MESSAGE_BYTES });
  #unasked = 0;
  #lines = 0;

  constructor(program: RunningSandbox) {
    this.#program = program;
  }

  async start(): Promise<void> {
    const { stdin, stdout, ended } = this.#program;
    stdin.on('error', () => undefined);
    stdout.on('error', () => undefined);
    stdout.on('data', (chunk: Buffer) => this.#read(chunk));
    const close = () => this.onclose?.();
    ended.then(close, close); // how it ended is for others to judge
  }

  async send(message: JSONRPCMessage): Promise<void> {
    // An answer of ours is none: whoever asks without end would never be done.
    if ('method' in message && 'id' in message) {
      this.#unasked = 0;
      this.#lines = 0;
    }
    const text = serializeMessage(message);
    if (!this.#program.stdin.writable) throw new Error('Cannot send: the server must run');
    this.#program.stdin.write(text, 'utf8');
  }

  async close(): Promise<void> {
    this.#program.kill('cancelled');
  }

  #read(chunk: Buffer): void {
    try {
      this.#lines += countLines(chunk);
      if (this.#lines > MAX_LINES) throw new Error('Cannot read: it must not have so many lines');
      this.#buffer.append(chunk);
    } catch {
      this.#program.kill('output');
      return;
    }
    for (;;) {
      try {
        const message = this.#buffer.readMessage();
        if (message === null) return;
        this.#unasked += 1;
        if (this.#unasked > MAX_UNASKED) {
          this.#program.kill('output');
          return;
        }
        this.onmessage?.(message);
      } catch (thrown) {
        // A line that is no message.
        this.onerror?.(thrown instanceof Error ? thrown : new Error('Cannot read a message'));
      }
    }
  }
}

function countLines(chunk: Buffer): number {
  let count = 0;
  for (let at = chunk.indexOf(LINE_END); at !== -1; at = chunk.indexOf(LINE_END, at + 1))
    count += 1;
  return count;
}

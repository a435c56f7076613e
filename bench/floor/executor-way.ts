/**
 * The way of a call on an executor without any logic: an object that writes a row, another one that
 * sends a frame over a hibernating WebSocket and hears the answer, and a second row before the response.
 *
 * @module
 */

import { DurableObject } from 'cloudflare:workers';

interface Bindings {
  readonly SESSION: DurableObjectNamespace<Session>;
  readonly NODES: DurableObjectNamespace<Nodes>;
}

/** What is journaled of a call, in characters. */
const ROW_CHARS = 2_048;

export class Session extends DurableObject<Bindings> {
  constructor(ctx: DurableObjectState, env: Bindings) {
    super(ctx, env);
    ctx.storage.sql.exec('CREATE TABLE IF NOT EXISTS rows (id INTEGER PRIMARY KEY, text TEXT)');
  }

  /** Each request leaves when the row before it is on disk. */
  async run(text: string): Promise<string> {
    this.#write();
    const answer = await this.env.NODES.getByName('nodes').call(text);
    this.#write();
    return answer;
  }

  #write(): void {
    this.ctx.storage.sql.exec('INSERT INTO rows (text) VALUES (?)', 'x'.repeat(ROW_CHARS));
  }
}

export class Nodes extends DurableObject<Bindings> {
  #hear: (answer: string) => void = () => undefined;

  override async fetch(): Promise<Response> {
    const { 0: client, 1: server } = new WebSocketPair();
    this.ctx.acceptWebSocket(server);
    return new Response(null, { status: 101, webSocket: client });
  }

  async call(text: string): Promise<string> {
    const [socket] = this.ctx.getWebSockets();
    const answer = new Promise<string>((resolve) => {
      this.#hear = resolve;
    });
    socket?.send(text);
    return await answer;
  }

  override async webSocketMessage(_socket: WebSocket, message: string): Promise<void> {
    this.#hear(message);
  }
}

export default {
  async fetch(request: Request, env: Bindings): Promise<Response> {
    if (request.headers.has('Upgrade')) return await env.NODES.getByName('nodes').fetch(request);
    // Anything without a body asks whether it is up.
    if (request.method !== 'POST') return new Response();
    return new Response(await env.SESSION.getByName('session').run(await request.text()));
  },
};

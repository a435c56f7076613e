/**
 * The least that a call on an executor needs of the platform: a message to a Durable Object over a
 * hibernating WebSocket, a row on disk, and the answer.
 *
 * @module
 */

import { DurableObject } from 'cloudflare:workers';

interface Bindings {
  readonly ECHO: DurableObjectNamespace<Echo>;
}

export class Echo extends DurableObject<Bindings> {
  constructor(ctx: DurableObjectState, env: Bindings) {
    super(ctx, env);
    ctx.storage.sql.exec('CREATE TABLE IF NOT EXISTS rows (id INTEGER PRIMARY KEY, text TEXT)');
  }

  override async fetch(): Promise<Response> {
    const { 0: client, 1: server } = new WebSocketPair();
    this.ctx.acceptWebSocket(server);
    return new Response(null, { status: 101, webSocket: client });
  }

  /** The answer leaves when the row is on disk. */
  override async webSocketMessage(socket: WebSocket, message: string): Promise<void> {
    this.ctx.storage.sql.exec('INSERT INTO rows (text) VALUES (?)', message);
    socket.send(message);
  }
}

export default {
  async fetch(request: Request, env: Bindings): Promise<Response> {
    // Anything else asks whether it is up.
    if (!request.headers.has('Upgrade')) return new Response();
    return await env.ECHO.getByName('echo').fetch(request);
  },
};

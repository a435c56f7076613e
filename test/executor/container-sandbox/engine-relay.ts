/**
 * Stands before a real engine, and loses it while it starts a program.
 *
 * @module
 */

import { createServer, request, type Server } from 'node:http';
import type { Duplex } from 'node:stream';

export interface RelayPlan {
  /** The engine's own. */
  readonly engine: string;
  readonly socketPath: string;
  /** Resolves when the program runs: then whoever started it loses the engine. */
  readonly begun: () => Promise<void>;
  /** Resolves when the engine may be asked to remove containers again. */
  readonly back: Promise<void>;
}

export async function openRelay({ engine, socketPath, begun, back }: RelayPlan): Promise<Server> {
  const server = createServer(async (incoming, response) => {
    const { method, url: path, headers } = incoming;
    if (method === 'DELETE') await back;
    const outgoing = request({ socketPath: engine, method, path, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 500, answer.headers);
      answer.pipe(response);
    });
    outgoing.on('error', () => response.destroy());
    incoming.pipe(outgoing);
  });
  server.on('upgrade', (incoming, client: Duplex, head) => {
    const { method, url: path = '', headers } = incoming;
    const outgoing = request({ socketPath: engine, method, path, headers });
    client.on('error', () => outgoing.destroy());
    client.on('close', () => outgoing.destroy());
    outgoing.on('error', () => client.destroy());
    outgoing.on('upgrade', async ({ statusCode, headers: answered }, upstream: Duplex) => {
      upstream.on('error', () => client.destroy());
      if (path.startsWith('/v1.41/exec/')) {
        await begun();
        client.destroy();
        return;
      }
      const fields = Object.entries(answered).map(([name, value]) => `${name}: ${value}\r\n`);
      client.write(`HTTP/1.1 ${statusCode} UPGRADED\r\n${fields.join('')}\r\n`);
      client.pipe(upstream).pipe(client);
    });
    if (head.length > 0) outgoing.end(head);
    else client.once('data', (body) => outgoing.end(body));
  });
  await new Promise<void>((resolve) => server.listen(socketPath, resolve));
  return server;
}

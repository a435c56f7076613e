/**
 * A remote MCP server for tests, made with the official package, that can be told to misbehave.
 *
 * @module
 */

import http, { type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createMcpHandler, Server, type Tool } from '@modelcontextprotocol/server';

export const ECHO: Tool = {
  name: 'remote_echo',
  title: 'Echo',
  description: 'Says what it is told.',
  inputSchema: { type: 'object', properties: { text: { type: 'string' } }, required: ['text'] },
  annotations: { readOnlyHint: true },
};

export interface TestMcpServer {
  readonly url: URL;
  readonly hostPort: string;
  /** What it offers now. */
  tools: Tool[];
  /** Called instead of the server where it is there. */
  instead?: (response: ServerResponse) => unknown;
  /** The `Authorization` of each request. */
  readonly authorizations: (string | undefined)[];
  readonly calls: () => number;
  readonly close: () => void;
}

export async function startMcpServer(): Promise<TestMcpServer> {
  let calls = 0;
  const handler = createMcpHandler(() => {
    const server = new Server(
      { name: 'remote', version: '1.0.0' },
      { capabilities: { tools: {} } },
    );
    server.setRequestHandler('tools/list', () => ({ tools: running.tools }));
    server.setRequestHandler('tools/call', ({ params }) => {
      calls += 1;
      return { content: [{ type: 'text', text: `echo: ${params.arguments?.text}` }] };
    });
    return server;
  });
  const listener = http.createServer((request, response) => {
    running.authorizations.push(request.headers.authorization);
    if (running.instead !== undefined) running.instead(response);
    else void answer(handler.fetch, request, response);
  });
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
  const hostPort = `127.0.0.1:${(listener.address() as AddressInfo).port}`;
  const running: TestMcpServer = {
    url: new URL(`http://${hostPort}/mcp`),
    hostPort,
    tools: [ECHO],
    authorizations: [],
    calls: () => calls,
    close: () => {
      listener.close();
      listener.closeAllConnections();
    },
  };
  return running;
}

async function answer(
  serve: (request: Request) => Promise<Response>,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  const { method = 'POST', url = '/', headers } = request;
  const served = await serve(
    new Request(`http://${headers.host}${url}`, {
      method,
      headers: Object.entries(headers).map(([name, value]) => [name, String(value)]),
      ...(method === 'POST' && { body: Buffer.concat(chunks) }),
    }),
  );
  response.writeHead(served.status, Object.fromEntries(served.headers));
  response.end(Buffer.from(await served.arrayBuffer()));
}

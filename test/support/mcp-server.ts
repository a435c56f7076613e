/**
 * A remote MCP server for tests, made with the official package, that can be told to misbehave.
 *
 * @module
 */

import { randomUUID } from 'node:crypto';
import http, { type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  type CreateMcpHandlerOptions,
  createMcpHandler,
  Server,
  type Tool,
  WebStandardStreamableHTTPServerTransport,
} from '@modelcontextprotocol/server';

export const ECHO: Tool = {
  name: 'remote_echo',
  title: 'Echo',
  description: 'Says what it is told.',
  inputSchema: { type: 'object', properties: { text: { type: 'string' } }, required: ['text'] },
  annotations: { readOnlyHint: true },
};

/** What the token endpoint gives out. */
export const ACCESS_TOKEN = 'access-token-0123456789';

export interface TestMcpServer {
  readonly url: URL;
  readonly hostPort: string;
  /** What it offers now. */
  tools: Tool[];
  /** Called instead of the server where it is there. */
  instead?: (response: ServerResponse, request: IncomingMessage) => unknown;
  /** By their ids, where the server is to keep some; nothing for those that were ended. */
  sessions?: Map<string, WebStandardStreamableHTTPServerTransport | undefined>;
  /** The `Authorization` of each request. */
  readonly authorizations: (string | undefined)[];
  /** Where access tokens are had for client credentials, and what was asked of it. */
  readonly tokenUrl: URL;
  readonly tokenRequests: { readonly authorization?: string; readonly body: string }[];
  readonly calls: () => number;
  readonly close: () => void;
}

/** Answers a request in the place of the server, or says that it may come to it. */
export type Guard = (request: IncomingMessage, response: ServerResponse) => 'answered' | 'let in';

/** With `legacy: 'reject'` it speaks revision 2026-07-28 alone. */
export async function startMcpServer(
  guard?: Guard,
  options: CreateMcpHandlerOptions = {},
): Promise<TestMcpServer> {
  let calls = 0;
  const create = () => {
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
  };
  const handler = createMcpHandler(create, options);
  const listener = http.createServer((request, response) => {
    if (request.url === '/token') return void issueToken(running, request, response);
    if (guard?.(request, response) === 'answered') return;
    running.authorizations.push(request.headers.authorization);
    if (running.instead !== undefined) running.instead(response, request);
    else if (running.sessions !== undefined) {
      void answer((asked) => serveSession(running.sessions, create, asked), request, response);
    } else void answer(handler.fetch, request, response);
  });
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
  const hostPort = `127.0.0.1:${(listener.address() as AddressInfo).port}`;
  const running: TestMcpServer = {
    url: new URL(`http://${hostPort}/mcp`),
    hostPort,
    tools: [ECHO],
    authorizations: [],
    tokenUrl: new URL(`http://${hostPort}/token`),
    tokenRequests: [],
    calls: () => calls,
    close: () => {
      listener.close();
      listener.closeAllConnections();
    },
  };
  return running;
}

/** As servers of the older revisions do: a session by its opening, and none for a request that names another. */
async function serveSession(
  sessions: TestMcpServer['sessions'] = new Map(),
  create: () => Server,
  request: Request,
): Promise<Response> {
  const known = sessions.get(request.headers.get('Mcp-Session-Id') ?? '');
  if (known !== undefined) return await known.handleRequest(request);
  const transport = new WebStandardStreamableHTTPServerTransport({
    sessionIdGenerator: randomUUID,
    onsessioninitialized: (id) => void sessions.set(id, transport),
    onsessionclosed: (id) => void sessions.set(id, undefined),
  });
  await create().connect(transport);
  return await transport.handleRequest(request);
}

/** RFC 6749 section 4.4.3. */
async function issueToken(
  { tokenRequests }: TestMcpServer,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { authorization } = request.headers;
  const body = (await readBody(request)).toString();
  tokenRequests.push({ ...(authorization !== undefined && { authorization }), body });
  response.writeHead(200, { 'Content-Type': 'application/json' });
  response.end(JSON.stringify({ access_token: ACCESS_TOKEN, token_type: 'Bearer' }));
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks);
}

async function answer(
  serve: (request: Request) => Promise<Response>,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const body = await readBody(request);
  const { method = 'POST', url = '/', headers } = request;
  const served = await serve(
    new Request(`http://${headers.host}${url}`, {
      method,
      headers: Object.entries(headers).map(([name, value]) => [name, String(value)]),
      ...(method === 'POST' && { body: new Uint8Array(body) }),
    }),
  );
  response.writeHead(served.status, Object.fromEntries(served.headers));
  response.end(Buffer.from(await served.arrayBuffer()));
}

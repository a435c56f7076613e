/**
 * A remote MCP server that asks people to sign in, and a person with a browser.
 *
 * @module
 */

import type { ServerResponse } from 'node:http';
import type { Answer, Api } from './api.ts';
import type { TestAuthorizationServer } from './authorization-server.ts';
import { startMcpServer, type TestMcpServer } from './mcp-server.ts';

export interface GuardedServer extends TestMcpServer {
  /** Merged over what it says of itself as a resource. */
  resource: Record<string, unknown>;
  /** Merged over the parameters of its challenge; `undefined` leaves one out. */
  challenge: Record<string, string | undefined>;
  /** What a token has to be good for. */
  scope: string;
}

const METADATA = '/.well-known/oauth-protected-resource';

/** Lets in whoever shows a live token of `issuer` for it and its scope (RFC 6750, RFC 9728). */
export async function startGuardedServer(issuer: TestAuthorizationServer): Promise<GuardedServer> {
  const server = await startMcpServer((request, response) => {
    if (request.url?.startsWith(METADATA)) {
      describe(guarded, issuer, response);
      return 'answered';
    }
    const token = request.headers.authorization?.replace('Bearer ', '') ?? '';
    const scope = issuer.scopeOf(token, guarded.url.href);
    const isEnough = guarded.scope.split(' ').every((word) => scope?.split(' ').includes(word));
    if (isEnough) return 'let in';
    refuse(guarded, response, scope === undefined ? 401 : 403);
    return 'answered';
  });
  const guarded: GuardedServer = Object.assign(server, {
    ...{ resource: {}, challenge: {}, scope: 'tools:call' },
  });
  return guarded;
}

function describe(
  { url, resource, scope }: GuardedServer,
  issuer: TestAuthorizationServer,
  response: ServerResponse,
): void {
  response.writeHead(200, { 'Content-Type': 'application/json' });
  const said = { resource: url.href, authorization_servers: [issuer.issuer] };
  response.end(JSON.stringify({ ...said, scopes_supported: [scope], ...resource }));
}

function refuse(
  { url, scope, challenge }: GuardedServer,
  response: ServerResponse,
  status: 401 | 403,
): void {
  const parameters = {
    ...(status === 403 && { error: 'insufficient_scope' }),
    ...{ scope, resource_metadata: new URL(`${METADATA}/mcp`, url).href, ...challenge },
  };
  const words = Object.entries(parameters).flatMap(([name, value]) =>
    value === undefined ? [] : [`${name}="${value}"`],
  );
  response.writeHead(status, { 'WWW-Authenticate': `Bearer ${words.join(', ')}` }).end();
}

export interface Page {
  readonly status: number;
  readonly text: string;
  /** What it tells the person to enter; nothing on any other page. */
  readonly code: string;
  readonly headers: Headers;
}

/** Follows the authorization server's answer as a browser does, and reads the page. */
export async function visit(address: string): Promise<Page> {
  const response = await fetch(address, { redirect: 'manual' });
  const text = await response.text();
  const [, code = ''] = /<code>([^<]+)<\/code>/.exec(text) ?? [];
  return { status: response.status, text, code, headers: response.headers };
}

/** Where the authorization server sends the browser back to. */
export async function consent(authorizationUrl: string): Promise<string> {
  const response = await fetch(authorizationUrl, { redirect: 'manual' });
  await response.text();
  return response.headers.get('Location') ?? '';
}

/** From the first request to the last; the answer to the last. */
export async function signIn(api: Api, plugin: string): Promise<Answer> {
  const begun = await api.post(`/v1/plugins/${plugin}/sign-in`);
  if (begun.status !== 201) return begun;
  const { code } = await visit(await consent(begun.body.authorizationUrl));
  return api.post(`/v1/plugins/${plugin}/sign-in/confirm`, { code });
}

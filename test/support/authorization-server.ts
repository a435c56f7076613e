/**
 * An authorization server for tests, as OAuth 2.1 and MCP 2026-07-28 ask for it. It checks every parameter
 * of every request, writes down what was wrong, and lets in whoever comes by a browser. It can be told to
 * misbehave.
 *
 * @module
 */

import { createHash, randomBytes } from 'node:crypto';
import http, { type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

const REVOCABLE = 'the resource owner has ended it';

interface Authorization {
  readonly client: string;
  readonly redirectUri: string;
  readonly challenge: string;
  readonly resource: string;
  readonly scope: string;
}

interface Family extends Authorization {
  isLive: boolean;
  access: string;
  refresh: string;
}

export interface TestAuthorizationServer {
  readonly issuer: string;
  readonly hostPort: string;
  /** What was wrong with a request. */
  readonly complaints: string[];
  /** Merged over what it says of itself; `undefined` leaves a member out. */
  metadata: Record<string, unknown>;
  /** How long its access tokens last, in seconds. */
  expiresIn: number;
  /** Answers in the place of an endpoint. */
  readonly instead: Map<string, (response: ServerResponse) => unknown>;
  /** Merged over what the browser takes back. */
  redirect: Record<string, string | undefined>;
  readonly requests: { readonly path: string; readonly fields: URLSearchParams }[];
  /** Every token and code that it ever gave. */
  readonly given: string[];
  /** The scope of a live access token; nothing if there is no such token for that resource. */
  readonly scopeOf: (token: string, resource: string) => string | undefined;
  /** Ends all tokens; or the access tokens alone. */
  readonly revokeAll: (which?: 'access') => void;
  readonly clients: Map<string, { readonly redirectUri: string; readonly secret?: string }>;
  readonly close: () => void;
}

export async function startAuthorizationServer(): Promise<TestAuthorizationServer> {
  const listener = http.createServer((request, response) => void serve(server, request, response));
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
  const hostPort = `127.0.0.1:${(listener.address() as AddressInfo).port}`;
  const server: Server = {
    ...{ issuer: `http://${hostPort}`, hostPort, complaints: [], metadata: {}, expiresIn: 3_600 },
    ...{ instead: new Map(), redirect: {}, requests: [], given: [], clients: new Map() },
    ...{ codes: new Map(), families: [] },
    scopeOf: (token, resource) =>
      server.families.find((one) => one.isLive && one.access === token && one.resource === resource)
        ?.scope,
    revokeAll: (which) => {
      for (const family of server.families) {
        if (which === 'access') family.access = REVOCABLE;
        else family.isLive = false;
      }
    },
    close: () => {
      listener.close();
      listener.closeAllConnections();
    },
  };
  return server;
}

interface Server extends TestAuthorizationServer {
  readonly codes: Map<string, Authorization>;
  readonly families: Family[];
}

async function serve(server: Server, request: IncomingMessage, response: ServerResponse) {
  const url = new URL(request.url ?? '/', server.issuer);
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  const body = Buffer.concat(chunks).toString();
  const path = url.pathname;
  const fields = path === '/authorize' ? url.searchParams : new URLSearchParams(body);
  server.requests.push({ path, fields });
  const other = server.instead.get(path);
  if (other !== undefined) return void other(response);
  const type = request.headers['content-type'];
  switch (path) {
    case '/.well-known/oauth-authorization-server':
      return send(response, 200, describe(server));
    case '/authorize':
      return authorize(server, url, response);
    case '/register':
      expect(server, type === 'application/json', 'registration is no JSON');
      return register(server, JSON.parse(body), response);
    case '/token':
      expect(server, type === 'application/x-www-form-urlencoded', 'token request is no form');
      return giveTokens(server, { request, fields }, response);
    case '/revoke':
      return revoke(server, { request, fields }, response);
    default:
      return send(response, 404, {});
  }
}

function describe({ issuer, metadata }: Server): object {
  return {
    issuer,
    authorization_endpoint: `${issuer}/authorize`,
    token_endpoint: `${issuer}/token`,
    registration_endpoint: `${issuer}/register`,
    revocation_endpoint: `${issuer}/revoke`,
    response_types_supported: ['code'],
    grant_types_supported: ['authorization_code', 'refresh_token'],
    code_challenge_methods_supported: ['S256'],
    token_endpoint_auth_methods_supported: ['none', 'client_secret_basic'],
    authorization_response_iss_parameter_supported: true,
    ...metadata,
  };
}

/** RFC 6749 section 4.1.1, with RFC 7636, RFC 8707 and RFC 9207. */
function authorize(server: Server, { searchParams: asked }: URL, response: ServerResponse): void {
  const one = (name: string) => {
    expect(server, asked.getAll(name).length === 1, `${name} must be there once`);
    return asked.get(name) ?? '';
  };
  const client = one('client_id');
  const redirectUri = one('redirect_uri');
  expect(server, server.clients.get(client)?.redirectUri === redirectUri, 'redirect_uri is wrong');
  expect(server, one('response_type') === 'code', 'response_type is wrong');
  expect(server, one('code_challenge_method') === 'S256', 'code_challenge_method is wrong');
  const challenge = one('code_challenge');
  expect(server, /^[\w-]{43}$/.test(challenge), 'code_challenge is no SHA-256');
  const state = one('state');
  expect(server, state.length >= 43, 'state can be guessed');
  const code = give(server, 'code');
  const granted = { client, redirectUri, challenge, resource: one('resource') };
  server.codes.set(code, { ...granted, scope: asked.get('scope') ?? '' });
  const back = new URL(redirectUri);
  const answer = { code, state, iss: server.issuer, ...server.redirect };
  for (const [name, value] of Object.entries(answer)) {
    if (value !== undefined) back.searchParams.set(name, value);
  }
  response.writeHead(302, { Location: back.href }).end();
}

/** RFC 7591 section 3. */
function register(server: Server, asked: Record<string, unknown>, response: ServerResponse): void {
  const [redirectUri, ...others] = asked.redirect_uris as string[];
  expect(server, others.length === 0, 'redirect_uris must be one');
  expect(server, asked.application_type === 'native', 'application_type is wrong');
  expect(server, asked.token_endpoint_auth_method === 'none', 'a public client is enough');
  const id = `client-${server.clients.size + 1}`;
  server.clients.set(id, { redirectUri: redirectUri ?? '' });
  send(response, 201, { ...asked, client_id: id });
}

interface TokenRequest {
  readonly request: IncomingMessage;
  readonly fields: URLSearchParams;
}

function giveTokens(server: Server, asked: TokenRequest, response: ServerResponse): void {
  const client = clientOf(server, asked);
  const grant = asked.fields.get('grant_type');
  const family =
    grant === 'authorization_code' ? redeem(server, asked.fields) : renew(server, asked.fields);
  const isRight =
    family !== undefined &&
    family.client === client &&
    family.resource === asked.fields.get('resource');
  expect(server, isRight, `${grant}: not for this client and resource`);
  if (!isRight) {
    send(response, 400, { error: 'invalid_grant' });
    return;
  }
  Object.assign(family, { access: give(server, 'access'), refresh: give(server, 'refresh') });
  send(response, 200, {
    access_token: family.access,
    token_type: 'Bearer',
    expires_in: server.expiresIn,
    refresh_token: family.refresh,
    ...(family.scope !== '' && { scope: family.scope }),
  });
}

/** A code is good for one time: shown twice, what it brought ends (RFC 6749 section 4.1.2). */
function redeem(server: Server, fields: URLSearchParams): Family | undefined {
  const code = fields.get('code') ?? '';
  const known = server.codes.get(code);
  server.codes.delete(code);
  const hash = createHash('sha256').update(fields.get('code_verifier') ?? '');
  const isRight =
    known?.redirectUri === fields.get('redirect_uri') &&
    known?.challenge === hash.digest('base64url');
  expect(server, isRight, 'code: unknown, used, or not for this verifier and redirect_uri');
  if (known === undefined || !isRight) return undefined;
  const family = { ...known, isLive: true, access: '', refresh: '' };
  server.families.push(family);
  return family;
}

/** Each is good for one time: one that was used before ends the whole family (OAuth 2.1 section 4.3.1). */
function renew(server: Server, fields: URLSearchParams): Family | undefined {
  const token = fields.get('refresh_token') ?? '';
  return server.families.find(({ isLive, refresh }) => isLive && refresh === token);
}

/** RFC 7009. */
function revoke(server: Server, asked: TokenRequest, response: ServerResponse): void {
  const token = asked.fields.get('token') ?? '';
  const family = server.families.find((one) => [one.access, one.refresh].includes(token));
  expect(server, family?.client === clientOf(server, asked), 'revoked by another client');
  if (family !== undefined) family.isLive = false;
  send(response, 200, {});
}

/** A public client names itself in the body; one with a password by HTTP Basic. */
function clientOf(server: Server, { request, fields }: TokenRequest): string {
  const { authorization } = request.headers;
  const words = Buffer.from(authorization?.replace('Basic ', '') ?? '', 'base64').toString();
  const [id = '', secret] =
    authorization === undefined
      ? [fields.get('client_id') ?? '']
      : words.split(':').map(decodeURIComponent);
  const known = server.clients.get(id);
  expect(server, known !== undefined && known.secret === secret, 'client: unknown, or not proved');
  return id;
}

function give(server: Server, kind: string): string {
  const token = `${kind}-${randomBytes(24).toString('base64url')}`;
  server.given.push(token);
  return token;
}

function expect({ complaints }: Server, holds: boolean, complaint: string): void {
  if (!holds) complaints.push(complaint);
}

function send(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'Content-Type': 'application/json', 'Cache-Control': 'no-store' });
  response.end(JSON.stringify(body));
}

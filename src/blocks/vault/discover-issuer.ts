/**
 * Finds out who gives tokens for an MCP server, and which: the server is asked without one, says where
 * it describes itself (RFC 9728), and that names its authorization server (MCP 2026-07-28,
 * "Authorization Server Discovery"). All of it is the word of strangers; what does not fit together is
 * not used.
 *
 * @module
 */

import { type CanonicalUrl, canonicaliseUrl } from '../../core/checks/canonical/canonical-url.ts';
import { err, ok, type Result } from '../../core/primitives/result.ts';
import {
  type AuthorizationServer,
  readAuthorizationServer,
} from '../../core/remote-sign-in/authorization-server.ts';
import { type BearerChallenge, readChallenge } from '../../core/remote-sign-in/challenge.ts';
import {
  type ProtectedResource,
  readProtectedResource,
} from '../../core/remote-sign-in/protected-resource.ts';
import {
  originOf,
  resourceMetadataPlaces,
  serverMetadataPlaces,
} from '../../core/remote-sign-in/well-known.ts';
import type { Outside } from './outside.ts';
import type { BeginProblem } from './sign-in-api.ts';

export interface Discovery {
  readonly server: CanonicalUrl;
  readonly resource: string;
  /** What the server asks for now, or else all that it says there is. */
  readonly scope?: string;
  /** Its endpoints are places that may be reached, in their one spelling. */
  readonly issuer: AuthorizationServer;
}

interface Wanted {
  readonly server: string;
  /** The manifest's word: no other one will do. */
  readonly issuer?: string;
}

/** Says nothing but that somebody is here. Some servers greet everybody, and show their tools to few. */
const FIRST_WORDS = [
  {
    ...{ jsonrpc: '2.0', id: 1, method: 'initialize' },
    params: {
      protocolVersion: '2025-11-25',
      capabilities: {},
      clientInfo: { name: 'sallyport', version: '1.0.0' },
    },
  },
  { jsonrpc: '2.0', id: 2, method: 'tools/list', params: {} },
];

export async function discoverIssuer(
  outside: Outside,
  wanted: Wanted,
): Promise<Result<Discovery, BeginProblem>> {
  const server = canonicaliseUrl(wanted.server, outside.privateHosts);
  if (!server.ok) return err('server_unreachable');
  if (!outside.permits(server.value)) return err('host_denied');
  const challenge = await meet(outside, server.value);
  if (challenge === undefined) return err('server_unreachable');
  const resource = await findResource(outside, server.value, challenge);
  if (!resource.ok) return resource;
  const name = wanted.issuer ?? resource.value.issuers[0] ?? '';
  if (!resource.value.issuers.includes(name)) return err('other_issuer');
  // The manifest may name a private issuer for a public server; a public server may not.
  const led = wanted.issuer === undefined ? outside.ledBy(server.value.href) : outside;
  const issuer = await findIssuer(led, name);
  if (!issuer.ok) return issuer;
  const scope = challenge.scope ?? resource.value.scope;
  return ok({
    server: server.value,
    resource: resource.value.resource,
    issuer: issuer.value,
    ...(scope !== undefined && { scope }),
  });
}

/** What the server wants to see; nothing if it is not there. */
async function meet(
  outside: Outside,
  { href }: CanonicalUrl,
): Promise<BearerChallenge | undefined> {
  let headers: Record<string, string> = { Accept: 'application/json, text/event-stream' };
  for (const words of FIRST_WORDS) {
    const met = await outside.post(href, words, headers);
    if (met === undefined) return undefined;
    if (met.status === 401) return readChallenge(met.headers.get('WWW-Authenticate'));
    const session = met.headers.get('Mcp-Session-Id');
    headers = { ...headers, ...(session !== null && { 'Mcp-Session-Id': session }) };
  }
  return {};
}

/** Where the server says, which must be at the server; without a word, where it must be. */
async function findResource(
  outside: Outside,
  server: CanonicalUrl,
  { resourceMetadata }: BearerChallenge,
): Promise<Result<ProtectedResource, BeginProblem>> {
  const told = resourceMetadata ?? '';
  const place = canonicaliseUrl(told, outside.privateHosts);
  const isThere = place.ok && originOf(place.value) === originOf(server);
  if (told !== '' && !isThere) return err('other_resource');
  const places = isThere ? [place.value.href] : resourceMetadataPlaces(server);
  for (const place of places) {
    const document = await outside.read(place);
    if (document === undefined) continue;
    const read = readProtectedResource(document, server, outside.privateHosts);
    return read === undefined ? err('other_resource') : ok(read);
  }
  return err('resource_unknown');
}

async function findIssuer(
  outside: Outside,
  name: string,
): Promise<Result<AuthorizationServer, BeginProblem>> {
  const place = canonicaliseUrl(name, outside.privateHosts);
  if (!place.ok || /[?#]/.test(name)) return err('address_refused');
  if (!outside.permits(place.value)) return err('host_denied');
  for (const address of serverMetadataPlaces(place.value)) {
    const document = await outside.read(address);
    if (document === undefined) continue;
    const read = readAuthorizationServer(document, name);
    if (!read.ok) return err(read.error === 'not_metadata' ? 'issuer_unreachable' : read.error);
    return withPlaces(outside.ledBy(place.value.href), read.value);
  }
  return err('issuer_unreachable');
}

/** The browser and the gateway are sent to places that could be asked by the gateway. */
function withPlaces(
  outside: Outside,
  said: AuthorizationServer,
): Result<AuthorizationServer, BeginProblem> {
  const { registrationEndpoint, revocationEndpoint, ...server } = said;
  const authorizationEndpoint = outside.find(server.authorizationEndpoint);
  const tokenEndpoint = outside.find(server.tokenEndpoint);
  if (authorizationEndpoint === undefined || tokenEndpoint === undefined) {
    const needed = [server.authorizationEndpoint, server.tokenEndpoint];
    return err(
      needed.some((address) => isDenied(outside, address)) ? 'host_denied' : 'address_refused',
    );
  }
  const registration = registrationEndpoint && outside.find(registrationEndpoint);
  const revocation = revocationEndpoint && outside.find(revocationEndpoint);
  return ok({
    ...server,
    authorizationEndpoint,
    tokenEndpoint,
    ...(registration && { registrationEndpoint: registration }),
    ...(revocation && { revocationEndpoint: revocation }),
  });
}

function isDenied(outside: Outside, address: string): boolean {
  const place = canonicaliseUrl(address, outside.privateHosts);
  return place.ok && !outside.permits(place.value);
}

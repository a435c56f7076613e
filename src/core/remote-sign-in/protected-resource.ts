/**
 * What a server says of itself as a protected resource (RFC 9728).
 *
 * @module
 */

import * as z from 'zod';
import { type CanonicalUrl, canonicaliseUrl } from '../checks/canonical/canonical-url.ts';
import type { JsonValue } from '../primitives/json.ts';
import { joinScopes, readScope } from './scope.ts';
import { originOf } from './well-known.ts';

/** Most authorization servers of one resource that are looked at. */
const MAX_ISSUERS = 16;

export interface ProtectedResource {
  /** What tokens are asked for: the server, or a path above it. */
  readonly resource: string;
  readonly issuers: readonly string[];
  readonly scope?: string;
}

const documentSchema = z.object({
  resource: z.string(),
  authorization_servers: z.array(z.string()).min(1).max(MAX_ISSUERS),
  scopes_supported: z.array(z.string()).optional(),
});

/** Nothing if it is no such document, or one about something else than `server`. */
export function readProtectedResource(
  document: JsonValue,
  server: CanonicalUrl,
  privateHosts: readonly string[],
): ProtectedResource | undefined {
  const read = documentSchema.safeParse(document);
  if (!read.success) return undefined;
  const { resource, authorization_servers: issuers, scopes_supported: scopes = [] } = read.data;
  const place = canonicaliseUrl(resource, privateHosts);
  if (!place.ok || resource.includes('#') || !isAbove(place.value, server)) return undefined;
  const scope = joinScopes(...scopes.map((word) => readScope(word)));
  return { resource, issuers, ...(scope !== undefined && { scope }) };
}

/** For what a token is good. */
export interface Audience {
  /** `host:port`. */
  readonly host: string;
  /** A URL of that host, which may have other servers of other people beside it. */
  readonly resource: string;
}

/** Whether a token may be shown at that URL: it is the resource, or below it. */
export function isGoodAt({ host, resource }: Audience, url: string): boolean {
  const [place, asked] = [resource, url].map((text) => canonicaliseUrl(text, [host]));
  return place?.ok === true && asked?.ok === true && isAbove(place.value, asked.value);
}

/** A token for it is good for the server: nobody else answers there. A query may be all that tells two apart. */
function isAbove(resource: CanonicalUrl, server: CanonicalUrl): boolean {
  if (originOf(resource) !== originOf(server)) return false;
  const query = queryOf(resource);
  if (query !== undefined && query !== queryOf(server)) return false;
  const folder = resource.path.endsWith('/') ? resource.path : `${resource.path}/`;
  return server.path === resource.path || server.path.startsWith(folder);
}

function queryOf({ href }: CanonicalUrl): string | undefined {
  const at = href.indexOf('?');
  return at === -1 ? undefined : href.slice(at + 1);
}

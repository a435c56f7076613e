/**
 * Where documents about a server or an authorization server lie, in the order in which they are looked for.
 *
 * @module
 */

import type { CanonicalUrl } from '../checks/canonical/canonical-url.ts';

/** Scheme, host and port, as in the URL. */
export function originOf({ href }: Pick<CanonicalUrl, 'href'>): string {
  return href.split('/', 3).join('/');
}

/** RFC 9728 section 3.1: at the path of the server, then at the root. */
export function resourceMetadataPlaces(server: CanonicalUrl): readonly string[] {
  const root = `${originOf(server)}/.well-known/oauth-protected-resource`;
  const path = withoutLastSlash(server.path);
  return path === '' ? [root] : [root + path, root];
}

/** RFC 8414 section 3.1, then OpenID Connect Discovery 1.0, in both ways to write it. */
export function serverMetadataPlaces(issuer: CanonicalUrl): readonly string[] {
  const origin = originOf(issuer);
  const path = withoutLastSlash(issuer.path);
  const inserted = ['oauth-authorization-server', 'openid-configuration'].map(
    (document) => `${origin}/.well-known/${document}${path}`,
  );
  return path === ''
    ? inserted
    : [...inserted, `${origin}${path}/.well-known/openid-configuration`];
}

function withoutLastSlash(path: string): string {
  return path.endsWith('/') ? path.slice(0, -1) : path;
}

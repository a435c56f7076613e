/**
 * Where a plugin's request goes: the one canonical URL, and the capability that it needs.
 *
 * @module
 */

import { toHostAndPort } from '../../core/capabilities/host-and-port.ts';
import { toResource } from '../../core/capabilities/resource.ts';
import { CANONICAL_REASONS } from '../../core/checks/canonical/canonical-problem.ts';
import { type CanonicalUrl, canonicaliseUrl } from '../../core/checks/canonical/canonical-url.ts';

export interface HttpTarget {
  readonly href: string;
  /** Scheme, host and port, to tell whether two targets are one origin. */
  readonly origin: string;
  /** `host:port` as policies and secrets write it. */
  readonly hostPort: string;
  readonly isEncrypted: boolean;
  /** `tool:network:http:<host>:<port>`. */
  readonly capability: string;
  /** Written as a private address or name: refused, unless policy exempts this host and port. */
  readonly isPrivate: boolean;
}

type Place = Pick<CanonicalUrl, 'href' | 'scheme' | 'host' | 'port'>;

/** `undefined` for whatever must not be sent to, however it was written. */
export function readTarget(url: string): HttpTarget | undefined {
  const canonical = canonicaliseUrl(url);
  if (canonical.ok) return toTarget(canonical.value, false);
  if (CANONICAL_REASONS[canonical.error] !== 'private_address') return undefined;
  const place = readPrivatePlace(url);
  return place && toTarget(place, true);
}

function toTarget({ href, scheme, host, port }: Place, isPrivate: boolean): HttpTarget | undefined {
  if (scheme !== 'http' && scheme !== 'https') return undefined;
  const resource = toResource('host-port', { host, port });
  if (!resource.ok) return undefined;
  return {
    href,
    origin: `${scheme}://${host}:${port}`,
    hostPort: toHostAndPort({ host, port }),
    isEncrypted: scheme === 'https',
    capability: `tool:network:http:${resource.value}`,
    isPrivate,
  };
}

/**
 * A URL whose only known fault is its private host, as the platform's parser reads it. The policy
 * names exempt hosts in that parser's spelling, so any other spelling is not exempt.
 */
function readPrivatePlace(text: string): Place | undefined {
  const url = URL.parse(text);
  if (url === null || url.username !== '' || url.password !== '') return undefined;
  const scheme = url.protocol === 'https:' ? 'https' : url.protocol === 'http:' ? 'http' : 'ws';
  const port = url.port === '' ? (scheme === 'https' ? 443 : 80) : Number(url.port);
  const host = url.hostname.replace(/^\[|\]$/g, '');
  url.hash = '';
  return { href: url.href, scheme, host, port };
}

/**
 * One spelling for each URL that a tool may be sent to.
 *
 * The grammar is narrower than that of the WHATWG URL Standard, which accepts and repairs nearly
 * everything: what needs repair is refused here, since two readers repair differently. A canonical
 * URL is a fixed point of that standard: every conforming parser reads it, and writes it, as is.
 *
 * Only the host decides who is spoken to, and only host and port are a capability. Path and query
 * are brought into normal form so that hashes and logs of equal calls are equal.
 *
 * @module
 */

import { err, ok, type Result } from '../../primitives/result.ts';
import { canonicaliseHost } from './canonical-host.ts';
import type { CanonicalReason } from './canonical-problem.ts';
import { findUnsafeInLine } from './unsafe-characters.ts';
import { canonicaliseUrlPath, canonicaliseUrlQuery } from './url-components.ts';

/** Longest URL, in characters, as written and as canonical. */
export const MAX_URL_LENGTH = 2048;

/** The schemes that can be sent to, each with the port it has unless another is stated. */
export const DEFAULT_PORTS = { http: 80, https: 443, ws: 80, wss: 443 } as const;

export type UrlScheme = keyof typeof DEFAULT_PORTS;

export interface CanonicalUrl {
  /** The whole URL, without fragment, user, and default port. */
  readonly href: string;
  readonly scheme: UrlScheme;
  /** As `canonicaliseHost` writes it: an IPv6 address is without brackets. */
  readonly host: string;
  readonly port: number;
  /** Begins with `/`; without query. */
  readonly path: string;
}

/** Scheme, authority, path, query; the fragment is never sent. `//` is required. */
const URL_PARTS = /^([A-Za-z][A-Za-z0-9+.-]*):\/\/([^/?#]+)([^?#]*)(?:\?([^#]*))?(?:#.*)?$/;

const AUTHORITY = /^(\[[^\]]*\]|[^:]*)(?::(.*))?$/;
const PORT = /^[1-9]\d{0,4}$/;
const MAX_PORT = 65_535;

/**
 * Brings a URL into its one spelling, or says why it is refused. `privateHosts` are the
 * `host:port` (IPv6 in brackets) that may be spoken to although they are not public.
 *
 * @example
 * ```ts
 * canonicaliseUrl('HTTPS://API.example.com:443/a/./b/../%7Ec?q=1#top');
 * // { ok: true, value: { href: 'https://api.example.com/a/~c?q=1', port: 443, … } }
 * canonicaliseUrl('https://example.com@evil.com/'); // { ok: false, error: 'url_userinfo' }
 * canonicaliseUrl('http://2130706433/');            // { ok: false, error: 'host_address_notation' }
 * ```
 */
export function canonicaliseUrl(
  text: string,
  privateHosts: readonly string[] = [],
): Result<CanonicalUrl, CanonicalReason> {
  if (text.length > MAX_URL_LENGTH) return err('url_too_long');
  if (findUnsafeInLine(text) !== undefined || /\s/.test(text)) return err('url_character');
  if (text.includes('\\')) return err('url_backslash');

  const parts = URL_PARTS.exec(text);
  const scheme = (parts?.[1] ?? text.split(':', 1)[0] ?? '').toLowerCase();
  if (!isScheme(scheme)) return err(text.includes(':') ? 'url_scheme' : 'url_malformed');
  if (parts === null) return err('url_malformed');

  const authority = readAuthority(parts[2] ?? '', scheme, privateHosts);
  if (!authority.ok) return authority;
  const path = canonicaliseUrlPath(parts[3] ?? '');
  if (!path.ok) return path;
  const query = canonicaliseUrlQuery(parts[4] ?? '');
  if (!query.ok) return query;
  return compose({ scheme, ...authority.value, path: path.value }, query.value);
}

interface Authority {
  readonly host: string;
  readonly port: number;
}

function readAuthority(
  text: string,
  scheme: UrlScheme,
  privateHosts: readonly string[],
): Result<Authority, CanonicalReason> {
  if (text.includes('@')) return err('url_userinfo');
  const [, written = '', writtenPort] = AUTHORITY.exec(text) ?? [];
  if (written === '') return err('url_malformed');
  if (writtenPort !== undefined && !PORT.test(writtenPort)) return err('url_port');
  const port = writtenPort === undefined ? DEFAULT_PORTS[scheme] : Number(writtenPort);
  if (port > MAX_PORT) return err('url_port');
  const host = canonicaliseHost(written, (name) =>
    privateHosts.includes(`${writeHost(name)}:${port}`),
  );
  return host.ok ? ok({ host: host.value, port }) : host;
}

function compose(
  parts: Omit<CanonicalUrl, 'href'>,
  query: string,
): Result<CanonicalUrl, CanonicalReason> {
  const { scheme, host, port, path } = parts;
  const writtenPort = port === DEFAULT_PORTS[scheme] ? '' : `:${port}`;
  const writtenQuery = query === '' ? '' : `?${query}`;
  const href = `${scheme}://${writeHost(host)}${writtenPort}${path}${writtenQuery}`;
  return href.length > MAX_URL_LENGTH ? err('url_too_long') : ok({ href, ...parts });
}

/** IPv6 in brackets. */
function writeHost(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}

function isScheme(scheme: string): scheme is UrlScheme {
  return Object.hasOwn(DEFAULT_PORTS, scheme);
}

/**
 * Where a remote server is, as capabilities write it.
 *
 * @module
 */

import { toResource } from '../../core/capabilities/resource.ts';

/** What the platform's parser says of a URL; `null` if it is none. */
export type ReadUrl = (text: string) => {
  readonly protocol: string;
  readonly hostname: string;
  readonly port: string;
  readonly username: string;
  readonly password: string;
  readonly origin: string;
} | null;

export interface RemotePlace {
  /** `tool:network:http:<host>:<port>`. */
  readonly capability: string;
  readonly origin: string;
}

/** `undefined` if it is no host that a capability can name, or if the URL holds credentials. */
export function placeOf(text: string, readUrl: ReadUrl): RemotePlace | undefined {
  const url = readUrl(text);
  if (url === null || url.username !== '' || url.password !== '') return undefined;
  const port = url.port === '' ? (url.protocol === 'https:' ? 443 : 80) : Number(url.port);
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const place = toResource('host-port', { host, port });
  if (!place.ok) return undefined;
  return { capability: `tool:network:http:${place.value}`, origin: url.origin };
}

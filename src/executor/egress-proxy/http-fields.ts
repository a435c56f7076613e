/**
 * Header fields on their way through the proxy (RFC 9110 §7.6.1).
 *
 * Both sides are read and written by `node:http`, so nothing malformed or ambiguous is ever passed
 * on; here is only decided which fields go on.
 *
 * @module
 */

import type { IncomingMessage } from 'node:http';

/** Meant for the next hop alone, or for a proxy. `Host` is always written anew. */
const NOT_PASSED_ON: ReadonlySet<string> = new Set([
  ...['connection', 'keep-alive', 'te', 'trailer', 'transfer-encoding', 'upgrade', 'expect'],
  ...['proxy-authorization', 'proxy-authenticate', 'proxy-connection', 'proxy-authentication-info'],
  ...['host', 'http2-settings'],
]);

/** Says where a body ends: not the sender's to hide from the next hop, which would look for it elsewhere. */
const LENGTH = 'content-length';

/** Flat list of names and values, as `node:http` takes them, without those named in `dropped`. */
export function passedFields(message: IncomingMessage, dropped: readonly string[] = []): string[] {
  const named = (message.headers.connection ?? '').toLowerCase().split(',');
  const hidden = new Set([...dropped, ...named.map((name) => name.trim())]);
  const fields: string[] = [];
  for (let i = 0; i < message.rawHeaders.length; i += 2) {
    const [name = '', value = ''] = message.rawHeaders.slice(i, i + 2);
    const key = name.toLowerCase();
    if (!NOT_PASSED_ON.has(key) && !hidden.has(key) && key !== LENGTH) fields.push(name, value);
  }
  return fields;
}

/** How a body is delimited further on: as it came, and never in two ways. */
export function framingFields({ headers }: IncomingMessage): string[] {
  if (headers['transfer-encoding'] !== undefined) return ['Transfer-Encoding', 'chunked'];
  const length = headers[LENGTH];
  return length === undefined ? [] : ['Content-Length', length];
}

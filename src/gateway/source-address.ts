/**
 * Where a request comes from, as the platform says.
 *
 * Cloudflare sets `CF-Connecting-IP` itself, whatever a client has sent. Anywhere else that header is
 * the client's own word, so it is read only where the deployment says that it is behind Cloudflare. No
 * other header is ever read.
 *
 * @module
 */

import type { GatewayBindings } from './bindings.ts';

/** Longest text of an address (IPv6 with an IPv4 tail). */
const MAX_ADDRESS_CHARACTERS = 45;

/** Groups of an IPv6 address that are one subscriber's: a /64. */
const SUBSCRIBER_GROUPS = 4;

/** One name for all that one subscriber can send from; nothing where nobody can tell. */
export function sourceOf(
  { SALLYPORT_BEHIND_CLOUDFLARE }: Pick<GatewayBindings, 'SALLYPORT_BEHIND_CLOUDFLARE'>,
  { headers }: Pick<Request, 'headers'>,
): string | undefined {
  if (SALLYPORT_BEHIND_CLOUDFLARE !== 'true') return undefined;
  const address = headers.get('CF-Connecting-IP');
  if (address === null || address.length > MAX_ADDRESS_CHARACTERS) return undefined;
  return address.includes(':') ? toSubscriber(address) : address;
}

function toSubscriber(address: string): string {
  const [head = '', tail] = address.toLowerCase().split('::');
  const before = head === '' ? [] : head.split(':');
  const after = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = tail === undefined ? 0 : Math.max(0, 8 - before.length - after.length);
  const groups = [...before, ...Array<string>(zeros).fill('0'), ...after];
  return groups
    .slice(0, SUBSCRIBER_GROUPS)
    .map((group) => group.replace(/^0+(?=.)/, ''))
    .join(':');
}

/**
 * How an address is reached: by the public network, or by the private one where the workspace's
 * policy exempts exactly that host and port.
 *
 * @module
 */

import { canonicaliseUrl } from '../../core/checks/canonical/canonical-url.ts';

export interface Network {
  fetch(input: RequestInfo | URL, init?: RequestInit): Promise<Response>;
}

export interface Networks {
  /** Refuses names that resolve to private addresses; the global `fetch` where it is absent. */
  readonly PUBLIC_NETWORK?: Network;
  /** Reaches private addresses, for hosts that the workspace's policy exempts. */
  readonly PRIVATE_NETWORK?: Network;
}

export interface Place {
  /** The address in its one spelling: what was judged, and so what is asked. */
  readonly href: string;
  readonly network: Network;
}

/** Looked up at each request, so that what replaces `fetch` later (a test, a tracer) is used. */
const GLOBAL_NETWORK: Network = { fetch: (input, init) => globalThis.fetch(input, init) };

/** Nothing for what may not be reached: a private address that no exemption names, or no address. */
export function findPlace(
  { PUBLIC_NETWORK = GLOBAL_NETWORK, PRIVATE_NETWORK }: Networks,
  address: string,
  { privateHosts, publicScheme }: { privateHosts: readonly string[]; publicScheme?: 'https' },
): Place | undefined {
  const open = canonicaliseUrl(address);
  if (open.ok) {
    const { href, scheme } = open.value;
    if (publicScheme !== undefined && scheme !== publicScheme) return undefined;
    return { href, network: PUBLIC_NETWORK };
  }
  const exempt = canonicaliseUrl(address, privateHosts);
  if (!exempt.ok || PRIVATE_NETWORK === undefined) return undefined;
  return { href: exempt.value.href, network: PRIVATE_NETWORK };
}

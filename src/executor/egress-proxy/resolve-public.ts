/**
 * From a host to the addresses that may be dialled.
 *
 * A name is resolved once, here, and the very addresses that were judged are the ones dialled, so
 * that a name which changes its answer gains nothing. One address that is not public refuses them
 * all: a public service has no reason to point inside.
 *
 * @module
 */

import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import type { HostPort } from '../../core/capabilities/resource.ts';
import { type AddressClass, classifyAddress } from '../../core/checks/canonical/address-class.ts';
import { EgressStop } from './egress-stop.ts';

/** All addresses of a name, in the order in which they are to be tried. */
export type Resolver = (name: string) => Promise<readonly string[]>;

export interface ResolveOptions {
  readonly resolve: Resolver;
  readonly timeoutMs: number;
  /** Whether the operator opened this host although it is not public. */
  readonly isPrivateHost: boolean;
}

/** Most addresses of one name that are tried. */
const MAX_ADDRESSES = 8;

/** What a host that the operator opened may resolve to. Metadata services are never opened. */
const OPENED: ReadonlySet<AddressClass> = new Set(['public', 'private', 'loopback', 'carrier-nat']);
const PUBLIC: ReadonlySet<AddressClass> = new Set(['public']);

/** Throws {@link EgressStop} when there is no address, or one that must not be dialled. */
export async function resolvePublic(
  { host }: HostPort,
  options: ResolveOptions,
): Promise<readonly string[]> {
  const addresses = isIP(host) !== 0 ? [host] : await resolveInTime(host, options);
  if (addresses.length === 0) throw new EgressStop('name_unresolved');

  const allowed = options.isPrivateHost ? OPENED : PUBLIC;
  const mayDial = (address: string) => isIP(address) !== 0 && allowed.has(classifyAddress(address));
  if (!addresses.every(mayDial)) throw new EgressStop('address_not_public');
  return addresses.slice(0, MAX_ADDRESSES);
}

/** The resolver of this machine, `/etc/hosts` included. */
export async function resolveBySystem(name: string): Promise<readonly string[]> {
  const answers = await lookup(name, { all: true, order: 'verbatim' });
  return answers.map(({ address }) => address);
}

async function resolveInTime(
  name: string,
  { resolve, timeoutMs }: ResolveOptions,
): Promise<readonly string[]> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new EgressStop('name_unresolved')), timeoutMs);
  try {
    return await Promise.race([resolve(name), late]);
  } catch {
    throw new EgressStop('name_unresolved');
  } finally {
    clearTimeout(timer);
  }
}

/**
 * `host:port` as policies and secrets write it: the canonical host, with IPv6 in brackets, and a port.
 *
 * @module
 */

import { isCanonicalHost } from './canonical-host.ts';
import type { HostPort } from './resource.ts';

export function toHostAndPort({ host, port }: HostPort): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

export function isHostAndPort(text: string): boolean {
  return readHostAndPort(text) !== undefined;
}

export function readHostAndPort(text: string): HostPort | undefined {
  const [, bracketed, name, port = ''] =
    /^(?:\[([^\]]+)\]|([^:[\]]+)):([1-9][0-9]{0,4})$/.exec(text) ?? [];
  const host = bracketed ?? name ?? '';
  const isIpv6 = host.includes(':');
  const isRead =
    host !== '' &&
    isIpv6 === (bracketed !== undefined) &&
    isCanonicalHost(host) &&
    Number(port) <= 65_535;
  return isRead ? { host, port: Number(port) } : undefined;
}

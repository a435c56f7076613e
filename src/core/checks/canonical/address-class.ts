/**
 * Where a host is: on the public internet, or somewhere that only insiders reach.
 *
 * Decides on names and on address literals, with and without brackets. It never resolves a name:
 * that a public name points to a private address is found out where it is resolved, with this same
 * function. Whatever is not known to be public is not public.
 *
 * @module
 */

import ipaddr from 'ipaddr.js';

export type AddressClass =
  | 'public'
  | 'loopback'
  | 'private'
  | 'link-local'
  | 'carrier-nat'
  | 'metadata'
  | 'multicast'
  | 'broadcast'
  | 'unspecified'
  | 'reserved'
  | 'local-name'
  | 'malformed';

/** Ranges as `ipaddr.js` names them. Those of special purposes that are not here are `reserved`. */
const CLASS_OF_RANGE: Readonly<Record<string, AddressClass>> = {
  unicast: 'public',
  loopback: 'loopback',
  private: 'private',
  uniqueLocal: 'private',
  deprecatedSiteLocal: 'private',
  linkLocal: 'link-local',
  carrierGradeNat: 'carrier-nat',
  multicast: 'multicast',
  broadcast: 'broadcast',
  unspecified: 'unspecified',
};

/** Where clouds hand out credentials to whoever asks from inside; some are in public ranges. */
const METADATA_ADDRESSES: ReadonlySet<string> = new Set([
  '169.254.169.254', // AWS, Google, Azure, DigitalOcean, OpenStack
  '169.254.170.2', // AWS containers
  '169.254.170.23', // AWS EKS pods
  '168.63.129.16', // Azure
  '100.100.100.200', // Alibaba
  '192.0.0.192', // Oracle
  'fd00:ec2::254', // AWS
  'fd00:ec2::23', // AWS EKS pods
  'fd20:ce::254', // Google
]);

/** Ends of names that no public registry hands out (RFC 2606, 6761, 6762, 8375, 9476, ICANN). */
const LOCAL_SUFFIXES: readonly string[] = [
  ...[
    'localhost',
    'local',
    'internal',
    'localdomain',
    'test',
    'invalid',
    'example',
    'alt',
    'onion',
  ],
  ...['lan', 'home', 'corp', 'mail', 'intranet', 'private', 'arpa', 'svc', 'consul', 'docker'],
];

/** Public names whose owners point them at insiders, by their end. */
const INWARD_SUFFIXES: readonly string[] = [
  ...['metadata.goog', 'metadata.tencentyun.com', 'metadata.azure.com'],
  ...['nip.io', 'sslip.io', 'xip.io', 'localtest.me', 'lvh.me', 'vcap.me', 'lacolhost.com'],
];

const IPV4 = /^(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(?:\.(?!$)|$)){4}$/;
const NAME = /^(?=.{1,253}$)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.(?!$)|$))+$/;
const NUMERIC_END = /(?:^|\.)(?:\d+|0x[0-9a-f]*)$/;

/**
 * The class of a host in canonical spelling; any other spelling is `malformed`. An IPv6 address
 * that stands for an IPv4 address (mapped, compatible, translated, NAT64, 6to4, Teredo, ISATAP)
 * has the class of the latter.
 *
 * @example
 * ```ts
 * classifyAddress('api.example.com');        // 'public'
 * classifyAddress('[::ffff:169.254.169.254]'); // 'metadata'
 * classifyAddress('db');                     // 'local-name'
 * classifyAddress('0x7f.1');                 // 'malformed'
 * ```
 */
export function classifyAddress(host: string): AddressClass {
  if (isIpv4(host)) return classifyIpv4(host);
  const isBracketed = host.startsWith('[') && host.endsWith(']');
  const literal = isBracketed ? host.slice(1, -1) : host;
  if (literal.includes(':')) return classifyIpv6(literal);
  return isBracketed ? 'malformed' : classifyName(host);
}

/** Whether a text is an IPv4 address in the only notation that all readers agree on. */
export function isIpv4(host: string): boolean {
  return IPV4.test(host);
}

/** The IPv4 address that an IPv6 address stands for, if any. The eight parts are 16 bits each. */
export function embeddedIpv4(parts: readonly number[]): string | undefined {
  const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0] = parts;
  if (a === 0x2002) return toIpv4(b, c); // 6to4, RFC 3056
  if (a === 0x2001 && b === 0) return toIpv4(g ^ 0xffff, h ^ 0xffff); // Teredo, RFC 4380
  if (f === 0x5efe && (e === 0 || e === 0x200)) return toIpv4(g, h); // ISATAP, RFC 5214
  if (a === 0x64 && b === 0xff9b && (c | d | e | f) === 0) return toIpv4(g, h); // NAT64, RFC 6052
  if ((a | b | c | d) !== 0) return undefined;
  if (e === 0 && f === 0xffff) return toIpv4(g, h); // mapped, RFC 4291
  if (e === 0xffff && f === 0) return toIpv4(g, h); // translated, RFC 2765
  return e === 0 && f === 0 && g !== 0 ? toIpv4(g, h) : undefined; // compatible, RFC 4291
}

function toIpv4(high: number, low: number): string {
  return `${high >> 8}.${high & 0xff}.${low >> 8}.${low & 0xff}`;
}

function classifyIpv4(address: string): AddressClass {
  if (METADATA_ADDRESSES.has(address)) return 'metadata';
  return CLASS_OF_RANGE[ipaddr.IPv4.parse(address).range()] ?? 'reserved';
}

function classifyIpv6(literal: string): AddressClass {
  if (literal.includes('%') || !ipaddr.IPv6.isValid(literal)) return 'malformed';
  const address = ipaddr.IPv6.parse(literal);
  const [first = 0] = address.parts;
  const ipv4 = embeddedIpv4(address.parts);
  if (ipv4 !== undefined) return classifyIpv4(ipv4);
  if (METADATA_ADDRESSES.has(address.toString())) return 'metadata';

  const range = CLASS_OF_RANGE[address.range()] ?? 'reserved';
  const isGlobalUnicast = first >> 13 === 1; // 2000::/3 is all that IANA has handed out
  return range === 'public' && !isGlobalUnicast ? 'reserved' : range;
}

function classifyName(name: string): AddressClass {
  if (!NAME.test(name) || NUMERIC_END.test(name)) return 'malformed';
  const isLocal = !name.includes('.') || endsWithLabels(name, LOCAL_SUFFIXES);
  return isLocal || endsWithLabels(name, INWARD_SUFFIXES) ? 'local-name' : 'public';
}

function endsWithLabels(name: string, suffixes: readonly string[]): boolean {
  return suffixes.some((suffix) => name === suffix || name.endsWith(`.${suffix}`));
}

/**
 * The one accepted spelling of a host: what a WHATWG URL parser writes, but for the brackets
 * around IPv6.
 *
 * Nothing is converted here. A host in any other spelling (upper case, Unicode, a trailing dot,
 * an IPv4 address in hex, octal or short form) is refused, so that a deny cannot be walked around
 * by writing the same host in another way.
 *
 * @module
 */

/** Longest DNS name, in characters (RFC 1035 §2.3.4, without the root's dot). */
const MAX_HOST_LENGTH = 253;

const LABEL = /^[a-z0-9_-]{1,63}$/;
const OCTET = /^(?:0|[1-9][0-9]?|1[0-9]{2}|2[0-4][0-9]|25[0-5])$/;
const GROUP = /^(?:0|[1-9a-f][0-9a-f]{0,3})$/;

/** A last label that makes a URL parser read the whole host as an IPv4 address. */
const NUMBER = /^(?:[0-9]+|0x[0-9a-f]*)$/;

/**
 * Whether this is a lower-case A-label name without a trailing dot, an IPv4 address in dotted
 * decimal, or an IPv6 address as RFC 5952 §4 compresses it, in hex groups only and without zone.
 *
 * @example
 * ```ts
 * isCanonicalHost('xn--bcher-kva.example'); // true
 * isCanonicalHost('2001:db8::1');           // true
 * isCanonicalHost('Example.com');           // false
 * isCanonicalHost('127.1');                 // false: another spelling of 127.0.0.1
 * ```
 */
export function isCanonicalHost(host: string): boolean {
  if (host.length > MAX_HOST_LENGTH) return false;
  if (host.includes(':')) return isCanonicalIpv6(host);

  const labels = host.split('.');
  if (NUMBER.test(labels.at(-1) ?? '')) {
    return labels.length === 4 && labels.every((label) => OCTET.test(label));
  }
  return labels.every((label) => LABEL.test(label));
}

function isCanonicalIpv6(text: string): boolean {
  const [left = '', right, ...more] = text.split('::');
  if (more.length > 0) return false;

  const head = left === '' ? [] : left.split(':');
  const tail = right === undefined || right === '' ? [] : right.split(':');
  const missing = 8 - head.length - tail.length;
  if (right === undefined ? missing !== 0 : missing < 2) return false;

  const groups = [...head, ...Array<string>(missing).fill('0'), ...tail];
  return groups.every((group) => GROUP.test(group)) && compress(groups) === text;
}

/** Puts `::` for the longest run of two or more zero groups, the first one of equals. */
function compress(groups: readonly string[]): string {
  let best = { start: 0, length: 1 };
  let start = 0;
  for (const [index, group] of groups.entries()) {
    if (group !== '0') start = index + 1;
    else if (index + 1 - start > best.length) best = { start, length: index + 1 - start };
  }
  if (best.length < 2) return groups.join(':');
  const head = groups.slice(0, best.start).join(':');
  return `${head}::${groups.slice(best.start + best.length).join(':')}`;
}

/**
 * One spelling for each host, and only hosts of the public internet.
 *
 * A canonical host is a lower-case name of A-labels without a dot at its end, an IPv4 address of
 * four decimal numbers, or an IPv6 address as RFC 5952 writes it, without brackets. An IPv6 address
 * that stands for an IPv4 address is refused whatever it stands for: a rule about the one would not
 * be applied to the other.
 *
 * @module
 */

/// <reference path="./tr46.d.ts" />
import ipaddr from 'ipaddr.js';
import * as tr46 from 'tr46';
import { err, ok, type Result } from '../../primitives/result.ts';
import { classifyAddress, embeddedIpv4, isIpv4 } from './address-class.ts';
import type { CanonicalReason } from './canonical-problem.ts';
import { findUnsafeInLine } from './unsafe-characters.ts';

/** Longest host as written, in characters: a name of 253 bytes may be written in wide letters. */
const MAX_WRITTEN_LENGTH = 512;

/** Names that need no mapping, only lower case. `xn--` labels are looked into. */
const ASCII_NAME = /^(?!.*xn--)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.(?!$)|$))+$/i;
const MAX_NAME_LENGTH = 253;

/** What a URL parser would read as a number, in whatever notation (WHATWG URL, "ends in a number"). */
const NUMERIC_END = /(?:^|\.)(?:\d+|0x[0-9a-f]*)\.?$/i;

const IDNA_RULES = {
  checkHyphens: false, // names such as `r3---sn.example.com` are in use
  checkBidi: true,
  checkJoiners: true,
  useSTD3ASCIIRules: true,
  verifyDNSLength: true,
};

const EDGE_HYPHEN = /(?:^|\.)-|-(?:\.|$)/;

/** Readers of different versions of Unicode disagree on what is not assigned in all of them. */
const UNASSIGNED = /\p{Unassigned}/u;

const LATIN = /\p{Script=Latin}/u;
const CYRILLIC = /\p{Script=Cyrillic}/u;
const GREEK = /\p{Script=Greek}/u;

/** Letters that no writing system mixes with Latin ones. Japanese, Chinese and Korean do mix. */
const FOREIGN_TO_LATIN =
  /(?![\p{Script=Latin}\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Script=Bopomofo}\p{Script=Common}\p{Script=Inherited}])\p{Letter}/u;

/** Whether the operator lets tools reach this host, which is canonical and not public. */
export type Exemption = (host: string) => boolean;

/**
 * Brings a host into its one spelling, or says why it is refused. Without an exemption only public
 * hosts are accepted.
 *
 * @example
 * ```ts
 * canonicaliseHost('API.Bücher.Example.COM'); // { ok: true, value: 'api.xn--bcher-kva.example.com' }
 * canonicaliseHost('0x7f.1');                 // { ok: false, error: 'host_address_notation' }
 * canonicaliseHost('10.0.0.1');               // { ok: false, error: 'address_not_public' }
 * canonicaliseHost('printer.local');          // { ok: false, error: 'name_not_public' }
 * ```
 */
export function canonicaliseHost(
  text: string,
  isExempt: Exemption = exemptNone,
): Result<string, CanonicalReason> {
  if (text.length > MAX_WRITTEN_LENGTH) return err('host_malformed');
  if (findUnsafeInLine(text) !== undefined || /\s/.test(text)) return err('host_character');
  if (text.includes('%')) return err('host_encoded');
  if (isIpv4(text)) return onlyAllowed(text, 'address_not_public', isExempt);
  if (text.includes(':') || text.startsWith('[')) return canonicaliseIpv6(text, isExempt);
  return canonicaliseName(text, isExempt);
}

function canonicaliseIpv6(text: string, isExempt: Exemption): Result<string, CanonicalReason> {
  const isBracketed = text.startsWith('[') && text.endsWith(']');
  const literal = isBracketed ? text.slice(1, -1) : text;
  if (!ipaddr.IPv6.isValid(literal)) return err('host_malformed');
  const address = ipaddr.IPv6.parse(literal);
  const host = onlyAllowed(address.toRFC5952String(), 'address_not_public', isExempt);
  const isSecondNotation = embeddedIpv4(address.parts) !== undefined;
  return host.ok && isSecondNotation ? err('host_address_notation') : host;
}

function canonicaliseName(text: string, isExempt: Exemption): Result<string, CanonicalReason> {
  if (NUMERIC_END.test(text)) return err('host_address_notation');
  const name = toAsciiName(text);
  if (name === undefined) return err('host_malformed');
  if (NUMERIC_END.test(name)) return err('host_address_notation'); // as full-width digits
  if (name.includes('xn--')) {
    const { domain } = tr46.toUnicode(name, IDNA_RULES);
    if (UNASSIGNED.test(domain)) return err('host_malformed');
    if (mixesScripts(domain)) return err('host_mixed_script');
  }
  return onlyAllowed(name, 'name_not_public', isExempt);
}

function toAsciiName(text: string): string | undefined {
  if (ASCII_NAME.test(text)) {
    return text.length <= MAX_NAME_LENGTH ? text.toLowerCase() : undefined;
  }
  const name = tr46.toASCII(text, IDNA_RULES);
  return name === null || EDGE_HYPHEN.test(name) ? undefined : name;
}

/** Whether some label holds letters that are there only to look like those of another script. */
function mixesScripts(domain: string): boolean {
  return domain
    .split('.')
    .some(
      (label) =>
        (LATIN.test(label) && FOREIGN_TO_LATIN.test(label)) ||
        (CYRILLIC.test(label) && GREEK.test(label)),
    );
}

function onlyAllowed(
  host: string,
  reason: 'address_not_public' | 'name_not_public',
  isExempt: Exemption,
): Result<string, CanonicalReason> {
  const place = classifyAddress(host);
  const isAllowed = place === 'public' || (place !== 'malformed' && isExempt(host));
  return isAllowed ? ok(host) : err(reason);
}

function exemptNone(): boolean {
  return false;
}

/**
 * The words of SOCKS 5 (RFC 1928), as far as a proxy needs them that offers `CONNECT` without
 * authentication: who a client is, is told by the socket it speaks on.
 *
 * @module
 */

import ipaddr from 'ipaddr.js';
import type { EgressOutcome } from './egress-report.ts';
import { EgressStop } from './egress-stop.ts';
import type { ParsedHead } from './read-head.ts';

/** First byte of a client that speaks SOCKS 5. */
export const SOCKS_VERSION = 5;

/** Longest greeting and longest request, in bytes. */
export const MAX_SOCKS_BYTES = 262;

/** Accepts the only method on offer. */
export const NO_AUTHENTICATION = Buffer.from([SOCKS_VERSION, 0]);

const CONNECT = 1;
const ADDRESS_LENGTHS: Readonly<Record<number, number>> = { 1: 4, 4: 16 };
const NAME = 3;

/** Replies other than `not allowed by ruleset`, which all refusals get. */
const REPLIES: Partial<Record<EgressOutcome | 'connected', number>> = {
  connected: 0,
  name_unresolved: 4,
  connect_failed: 5,
  command_refused: 7,
};
const NOT_ALLOWED = 2;

/** The list of methods, in which "no authentication" must be. */
export function parseGreeting(bytes: Buffer): ParsedHead<true> {
  const [version, count] = bytes;
  if (version !== undefined && version !== SOCKS_VERSION) throw new EgressStop('head_malformed');
  if (count === undefined || bytes.length < 2 + count) return undefined;
  if (!bytes.subarray(2, 2 + count).includes(0)) throw new EgressStop('head_malformed');
  return { value: true, length: 2 + count };
}

/** `host:port` as a tunnel's target is written; the host is not yet canonical. */
export function parseSocksRequest(bytes: Buffer): ParsedHead<string> {
  const [version, command, , kind, first] = bytes;
  if (version !== undefined && version !== SOCKS_VERSION) throw new EgressStop('head_malformed');
  if (command !== undefined && command !== CONNECT) throw new EgressStop('command_refused');
  if (kind === undefined || first === undefined) return undefined;

  const start = kind === NAME ? 5 : 4;
  const length = kind === NAME ? first : ADDRESS_LENGTHS[kind];
  if (length === undefined || length === 0) throw new EgressStop('head_malformed');
  const end = start + length;
  if (bytes.length < end + 2) return undefined;
  const host = bytes.subarray(start, end);
  const written = kind === NAME ? host.toString('latin1') : writeAddress(host);
  return { value: `${written}:${bytes.readUInt16BE(end)}`, length: end + 2 };
}

/** The bound address of a reply is never told: it would show how the executor is connected. */
export function writeReply(outcome: EgressOutcome | 'connected'): Buffer {
  return Buffer.from([SOCKS_VERSION, REPLIES[outcome] ?? NOT_ALLOWED, 0, 1, 0, 0, 0, 0, 0, 0]);
}

function writeAddress(bytes: Buffer): string {
  const address = ipaddr.fromByteArray([...bytes]);
  return address.kind() === 'ipv6' ? `[${address.toString()}]` : address.toString();
}

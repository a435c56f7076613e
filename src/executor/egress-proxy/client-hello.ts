/**
 * Finds the server name in the first message of a TLS connection (RFC 8446 §4.1.2, RFC 6066 §3).
 *
 * Reads only as far as needed, across records, and decides nothing. What it cannot read as exactly
 * one ClientHello is malformed: a server might read it in another way.
 *
 * @module
 */

import { EgressStop } from './egress-stop.ts';
import type { ParsedHead } from './read-head.ts';

/** First byte of a TLS record that holds handshake messages. */
export const TLS_HANDSHAKE = 0x16;

/** Longest ClientHello, in bytes, records included: post-quantum key shares take about 2 KiB. */
export const MAX_CLIENT_HELLO_BYTES = 16_384;

const CLIENT_HELLO = 1;
const SERVER_NAME_EXTENSION = 0;
const HOST_NAME = 0;
const RECORD_HEADER_BYTES = 5;

export interface ClientHello {
  /** As sent; absent where the client named none. */
  readonly serverName: string | undefined;
}

/** Nothing while bytes are missing; takes none, so that the server gets them all. */
export function parseClientHello(bytes: Buffer): ParsedHead<ClientHello> {
  const message = joinRecords(bytes);
  if (message.length < 4) return undefined;
  if (message[0] !== CLIENT_HELLO) throw new EgressStop('head_malformed');
  const length = message.readUIntBE(1, 3);
  if (length > MAX_CLIENT_HELLO_BYTES) throw new EgressStop('head_malformed');
  if (message.length < 4 + length) return undefined;
  const hello = new Fields(message.subarray(4, 4 + length));
  return { value: { serverName: readServerName(hello) }, length: 0 };
}

/** The handshake bytes of all whole and begun records. */
function joinRecords(bytes: Buffer): Buffer {
  const parts: Buffer[] = [];
  for (let at = 0; at + RECORD_HEADER_BYTES <= bytes.length; ) {
    if (bytes[at] !== TLS_HANDSHAKE || bytes[at + 1] !== 3) throw new EgressStop('head_malformed');
    const start = at + RECORD_HEADER_BYTES;
    at = start + bytes.readUInt16BE(at + 3);
    if (at === start) throw new EgressStop('head_malformed');
    parts.push(bytes.subarray(start, at));
  }
  return Buffer.concat(parts);
}

function readServerName(hello: Fields): string | undefined {
  hello.take(2 + 32); // version, random
  hello.vector(1); // session id
  hello.vector(2); // cipher suites
  hello.vector(1); // compression methods
  if (hello.isEmpty) return undefined;

  const names: string[] = [];
  const extensions = new Fields(hello.vector(2));
  if (!hello.isEmpty) throw new EgressStop('head_malformed');
  while (!extensions.isEmpty) {
    const kind = extensions.take(2).readUInt16BE();
    const content = extensions.vector(2);
    if (kind === SERVER_NAME_EXTENSION) names.push(readName(new Fields(content)));
  }
  if (names.length > 1) throw new EgressStop('head_malformed');
  return names[0];
}

/** The list has exactly one entry: no other kind of name was ever defined. */
function readName(extension: Fields): string {
  const list = new Fields(extension.vector(2));
  const kind = list.take(1)[0];
  const name = list.vector(2);
  if (kind !== HOST_NAME || !list.isEmpty || !extension.isEmpty) {
    throw new EgressStop('head_malformed');
  }
  return name.toString('latin1');
}

/** Reads fields one after another, and never beyond the end. */
class Fields {
  #rest: Buffer;

  constructor(bytes: Buffer) {
    this.#rest = bytes;
  }

  get isEmpty(): boolean {
    return this.#rest.length === 0;
  }

  take(length: number): Buffer {
    if (this.#rest.length < length) throw new EgressStop('head_malformed');
    const field = this.#rest.subarray(0, length);
    this.#rest = this.#rest.subarray(length);
    return field;
  }

  /** A field that is preceded by its length, in so many bytes. */
  vector(lengthBytes: number): Buffer {
    return this.take(this.take(lengthBytes).readUIntBE(0, lengthBytes));
  }
}

/**
 * Reads the primitive values of the Wasm binary format, strictly.
 *
 * Every read is bounded by `end`, the end of the section or function at hand, and every LEB128
 * value must fit its type exactly as the specification demands. Reading in any other way than the
 * engine would let an index mean one thing here and another there. Offsets are always those of
 * the whole upload, so that a rejection points at the right byte.
 *
 * @module
 */

import { fromUtf8 } from '../core/primitives/utf8.ts';
import { reject } from './wasm-rejection.ts';

/** Longest name of an import, an export or a custom section, in bytes. */
export const MAX_NAME_BYTES = 1024;

export class ByteReader {
  readonly bytes: Uint8Array;
  /** Offset of the next byte to be read. */
  position: number;
  /** Offset behind the last byte that may be read. */
  readonly end: number;

  constructor(bytes: Uint8Array, start = 0, end = bytes.length) {
    this.bytes = bytes;
    this.position = start;
    this.end = end;
  }

  get atEnd(): boolean {
    return this.position >= this.end;
  }

  u8(): number {
    if (this.position >= this.end) reject('bytes must not end here', this.position);
    return this.bytes[this.position++] ?? 0;
  }

  /** LEB128, unsigned, at most five bytes. */
  u32(): number {
    const start = this.position;
    let value = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = this.u8();
      if (shift === 28 && byte > 0x0f) break;
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
    return reject('LEB128 value must fit in 32 bits', start);
  }

  /** LEB128, signed, at most five bytes; wide enough for every type index. */
  s33(): number {
    const start = this.position;
    let value = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = this.u8();
      value += (byte & 0x7f) * 2 ** shift;
      if (byte >= 0x80) continue;
      if (shift === 28 && !isSignExtension(byte, 5)) break;
      return byte & 0x40 ? value - 2 ** (shift + 7) : value;
    }
    return reject('LEB128 value must fit in 33 bits', start);
  }

  /** Passes over a signed LEB128 value of 32 or 64 bits, as it stands behind a constant. */
  skipSigned(bits: 32 | 64): void {
    const start = this.position;
    const lastByte = Math.floor((bits - 1) / 7);
    for (let index = 0; index <= lastByte; index++) {
      const byte = this.u8();
      if (byte >= 0x80) continue;
      if (index === lastByte && !isSignExtension(byte, bits - 7 * lastByte)) break;
      return;
    }
    reject(`LEB128 value must fit in ${bits} bits`, start);
  }

  skip(byteCount: number): void {
    if (byteCount > this.end - this.position) reject('bytes must not end here', this.position);
    this.position += byteCount;
  }

  /** A length and that many bytes of UTF-8. */
  name(): string {
    const start = this.position;
    const length = this.u32();
    if (length > MAX_NAME_BYTES) reject(`name must have at most ${MAX_NAME_BYTES} bytes`, start);
    const from = this.position;
    this.skip(length);
    const text = fromUtf8(this.bytes.subarray(from, this.position));
    return text ?? reject('name must be UTF-8', from);
  }

  expectEnd(what: string): void {
    if (!this.atEnd) reject(`${what} must end here`, this.position);
  }
}

/** Whether the bits of a last byte above its `used` low ones only repeat the sign. */
function isSignExtension(byte: number, used: number): boolean {
  const high = byte >> (used - 1);
  return high === 0 || high === 0x7f >> (used - 1);
}

/**
 * Writes the primitive values of the Wasm binary format into a buffer that grows.
 *
 * @module
 */

export class ByteWriter {
  private buffer: Uint8Array<ArrayBuffer>;
  /** Bytes written so far. */
  length = 0;

  /** `capacity` is a hint, in bytes. */
  constructor(capacity = 64) {
    this.buffer = new Uint8Array(capacity);
  }

  u8(value: number): void {
    this.reserve(1);
    this.buffer[this.length++] = value;
  }

  bytes(values: Uint8Array | readonly number[]): void {
    this.reserve(values.length);
    this.buffer.set(values, this.length);
    this.length += values.length;
  }

  /** LEB128, unsigned. */
  u32(value: number): void {
    let rest = value;
    while (rest > 0x7f) {
      this.u8((rest % 0x80) + 0x80);
      rest = Math.floor(rest / 0x80);
    }
    this.u8(rest);
  }

  /** LEB128, signed, as behind `i32.const` and `i64.const`; for non-negative safe integers. */
  positive(value: number): void {
    let rest = value;
    while (rest > 0x3f) {
      this.u8((rest % 0x80) + 0x80);
      rest = Math.floor(rest / 0x80);
    }
    this.u8(rest);
  }

  /** A name of our own, which is ASCII. */
  asciiName(name: string): void {
    this.u32(name.length);
    for (let index = 0; index < name.length; index++) this.u8(name.charCodeAt(index));
  }

  /** A section, or anything else that is preceded by its size. */
  sized(content: ByteWriter): void {
    this.u32(content.length);
    this.bytes(content.written());
  }

  /** Starts over with the same buffer. */
  reset(): void {
    this.length = 0;
  }

  /** What has been written: a view that the next write may overwrite. */
  written(): Uint8Array<ArrayBuffer> {
    return this.buffer.subarray(0, this.length);
  }

  private reserve(byteCount: number): void {
    const needed = this.length + byteCount;
    if (needed <= this.buffer.length) return;
    const grown = new Uint8Array(Math.max(Math.ceil(this.buffer.length * 1.5), needed));
    grown.set(this.written());
    this.buffer = grown;
  }
}

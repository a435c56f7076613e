import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ByteReader } from '../../src/wasm-hardening/byte-reader.ts';
import { ByteWriter } from '../../src/wasm-hardening/byte-writer.ts';

function written(write: (writer: ByteWriter) => void): number[] {
  const writer = new ByteWriter(1);
  write(writer);
  return [...writer.written()];
}

describe('u32()', () => {
  test('writes what the reader reads, in as few bytes as possible', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 0xffffffff }), (value) => {
        const bytes = written((writer) => writer.u32(value));
        expect(new ByteReader(Uint8Array.from(bytes)).u32()).toBe(value);
        expect(bytes.length).toBe(Math.max(1, Math.ceil(value.toString(2).length / 7)));
      }),
    );
  });
});

describe('positive()', () => {
  test.each([
    [0, [0x00]],
    [63, [0x3f]],
    [64, [0xc0, 0x00]], // one byte would read as -64
    [8191, [0xff, 0x3f]],
    [8192, [0x80, 0xc0, 0x00]],
    [2 ** 32, [0x80, 0x80, 0x80, 0x80, 0x10]],
  ])('writes %d so that it reads as a signed value', (value, bytes) => {
    expect(written((writer) => writer.positive(value))).toEqual(bytes);
  });
});

describe('sized()', () => {
  test('writes the length before the bytes', () => {
    const content = new ByteWriter();
    content.bytes([7, 8, 9]);
    expect(written((writer) => writer.sized(content))).toEqual([3, 7, 8, 9]);
  });
});

describe('ByteWriter', () => {
  test('keeps what it holds while it grows', () => {
    const expected = Array.from({ length: 5_000 }, (_, index) => index % 251);
    const bytes = written((writer) => {
      for (const byte of expected) writer.u8(byte);
    });
    expect(bytes).toEqual(expected);
  });

  test('starts over after a reset', () => {
    const writer = new ByteWriter();
    writer.asciiName('abc');
    writer.reset();
    writer.u8(1);
    expect([...writer.written()]).toEqual([1]);
  });
});

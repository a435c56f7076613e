import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ByteReader, MAX_NAME_BYTES } from '../../src/wasm-hardening/byte-reader.ts';
import { RejectedModule } from '../../src/wasm-hardening/wasm-rejection.ts';
import { name, u32 } from './support/module-bytes.ts';

function readerOf(...bytes: readonly number[]): ByteReader {
  return new ByteReader(Uint8Array.from(bytes));
}

function rejectionIn(read: () => unknown): { message: string; offset?: number } {
  try {
    read();
  } catch (thrown) {
    if (thrown instanceof RejectedModule) return thrown.rejection;
    throw thrown;
  }
  throw new Error('nothing was rejected');
}

describe('u32()', () => {
  test('reads what any encoder wrote, and not one byte more', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 0xffffffff }), (value) => {
        const reader = readerOf(...u32(value), 0xaa);
        expect(reader.u32()).toBe(value);
        expect(reader.u8()).toBe(0xaa);
      }),
    );
  });

  test.each([
    [[0xff, 0xff, 0xff, 0xff, 0x0f], 0xffffffff],
    [[0x80, 0x80, 0x80, 0x80, 0x00], 0], // longer than needed, as linkers write it
  ])('accepts %j', (bytes, value) => {
    expect(readerOf(...bytes).u32()).toBe(value);
  });

  test.each([
    [[0xff, 0xff, 0xff, 0xff, 0x10]], // bit 32
    [[0x80, 0x80, 0x80, 0x80, 0x80, 0x00]], // a sixth byte
  ])('refuses %j, which does not fit in 32 bits', (bytes) => {
    const rejection = rejectionIn(() => readerOf(...bytes).u32());
    expect(rejection.message).toContain('LEB128 value must fit in 32 bits');
    expect(rejection.offset).toBe(0);
  });

  test('refuses to read beyond its end, even where the upload goes on', () => {
    const reader = new ByteReader(Uint8Array.from([0x80, 0x01, 0x01]), 0, 1);
    expect(rejectionIn(() => reader.u32())).toMatchObject({ offset: 1 });
  });
});

describe('s33()', () => {
  test.each([
    [[0x00], 0],
    [[0x3f], 63],
    [[0x40], -64],
    [[0x7f], -1],
    [[0xc0, 0x00], 64],
    [[0xff, 0xff, 0xff, 0xff, 0x0f], 0xffffffff],
    [[0x80, 0x80, 0x80, 0x80, 0x70], -0x1_0000_0000],
  ])('reads %j as %d', (bytes, value) => {
    const reader = readerOf(...bytes);
    expect(reader.s33()).toBe(value);
    expect(reader.atEnd).toBe(true);
  });

  test.each([
    [[0x80, 0x80, 0x80, 0x80, 0x10]], // bit 33 without bit 34
    [[0xff, 0xff, 0xff, 0xff, 0x5f]],
    [[0x80, 0x80, 0x80, 0x80, 0x80, 0x00]],
  ])('refuses %j, which does not fit in 33 bits', (bytes) => {
    const { message } = rejectionIn(() => readerOf(...bytes).s33());
    expect(message).toContain('LEB128 value must fit in 33 bits');
  });
});

describe('skipSigned()', () => {
  const continued = (count: number, byte = 0xff) => Array<number>(count).fill(byte);

  test.each([
    [32, [0x00]],
    [32, [...continued(4), 0x07]],
    [32, [...continued(4, 0x80), 0x78]],
    [64, [...continued(9), 0x00]],
    [64, [...continued(9, 0x80), 0x7f]],
  ] as const)('passes over a value of %d bits', (bits, bytes) => {
    const reader = readerOf(...bytes, 0xaa);
    reader.skipSigned(bits);
    expect(reader.position).toBe(bytes.length);
  });

  test.each([
    [32, [...continued(4), 0x08]], // positive, one bit too many
    [32, [...continued(4), 0x77]], // negative, one bit too many
    [32, continued(6)],
    [64, [...continued(9), 0x01]],
    [64, [...continued(9), 0x7e]],
    [64, continued(11)],
  ] as const)('refuses a value that does not fit in %d bits', (bits, bytes) => {
    const { message } = rejectionIn(() => readerOf(...bytes).skipSigned(bits));
    expect(message).toContain(`LEB128 value must fit in ${bits} bits`);
  });
});

describe('name()', () => {
  test('reads a name in any script', () => {
    expect(readerOf(...name('größe 👍')).name()).toBe('größe 👍');
  });

  test('accepts a name at the limit and refuses one byte more', () => {
    expect(readerOf(...name('x'.repeat(MAX_NAME_BYTES))).name()).toHaveLength(MAX_NAME_BYTES);
    const { message } = rejectionIn(() => readerOf(...name('x'.repeat(MAX_NAME_BYTES + 1))).name());
    expect(message).toContain(`name must have at most ${MAX_NAME_BYTES} bytes`);
  });

  test('points at the text, not at its length, when it is not UTF-8', () => {
    expect(rejectionIn(() => readerOf(1, 0xff).name())).toMatchObject({ offset: 1 });
  });

  test('refuses a length that goes beyond the end', () => {
    expect(rejectionIn(() => readerOf(5, 0x61).name())).toMatchObject({ offset: 1 });
  });
});

describe('skip()', () => {
  test('goes up to the end and refuses one byte more', () => {
    const reader = readerOf(1, 2, 3);
    reader.skip(3);
    expect(reader.atEnd).toBe(true);
    expect(rejectionIn(() => reader.skip(1))).toMatchObject({ offset: 3 });
  });
});

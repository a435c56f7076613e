import { describe, expect, test } from 'vitest';
import { MAX_BODY_BYTES } from '../../../src/core/blocks/block-body.ts';
import { MAX_FRAME_CHARS, readSocketFrame } from '../../../src/core/blocks/socket-frame.ts';

const frame = (value: unknown) => readSocketFrame(JSON.stringify(value));
const leases = (count: number) => Array.from({ length: count }, (_, index) => `lease_${index}`);

describe('readSocketFrame()', () => {
  test.each([
    { kind: 'ack', leases: ['a'] },
    { kind: 'ack', leases: leases(100) },
    { kind: 'reply', lease: 'a', body: null },
    { kind: 'reply', lease: 'a', body: { nested: [1] } },
    { kind: 'reply', lease: 'x'.repeat(64), bytes: 'AP8=' },
  ])('reads %j', (value) => {
    expect(frame(value)).toEqual({ ok: true, value });
  });

  test.each([
    null,
    1,
    [],
    {},
    { kind: 'ack' },
    { kind: 'ack', leases: [] },
    { kind: 'ack', leases: leases(101) },
    { kind: 'ack', leases: [''] },
    { kind: 'ack', leases: ['x'.repeat(65)] },
    { kind: 'ack', leases: ['a'], more: 1 },
    { kind: 'reply', lease: 'a' },
    { kind: 'reply', lease: 'a', body: 1, bytes: 'AP8=' },
    { kind: 'reply', lease: 'a', bytes: 'no base64' },
    { kind: 'message', message: {} },
    { kind: '__proto__' },
  ])('knows nothing of %j', (value) => {
    expect(frame(value)).toEqual({ ok: false, error: 'unknownFrame' });
  });

  test.each(['', '{', 'undefined', '{"kind":"ack"', 'ping '])('takes %j for no JSON', (text) => {
    expect(readSocketFrame(text)).toEqual({ ok: false, error: 'malformed' });
  });

  test('reads a reply of the longest body, and nothing that is longer than a frame', () => {
    const bytes = Buffer.alloc(MAX_BODY_BYTES).toString('base64');
    expect(frame({ kind: 'reply', lease: 'x'.repeat(64), bytes }).ok).toBe(true);
    const long = ' '.repeat(MAX_FRAME_CHARS);
    expect(readSocketFrame(long)).toEqual({ ok: false, error: 'malformed' });
    expect(readSocketFrame(`${long} `)).toEqual({ ok: false, error: 'tooLong' });
  });
});

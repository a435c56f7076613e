import { Readable } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { readBounded, toPlainText } from '../../src/executor/bounded-output.ts';

const read = (chunks: readonly Buffer[], maxBytes: number, onFull?: () => void) =>
  readBounded(Readable.from(chunks), maxBytes, onFull);

describe('readBounded()', () => {
  test('keeps what is exactly as long as it may be', async () => {
    const text = 'abcdef';
    expect(await read([Buffer.from('abc'), Buffer.from('def')], 6)).toEqual({
      text,
      truncated: false,
    });
  });

  test('cuts what is longer, and says so once', async () => {
    let calls = 0;
    const chunks = Array.from({ length: 50 }, () => Buffer.alloc(1_000, 'x'));
    const { text, truncated } = await read(chunks, 1_500, () => {
      calls += 1;
    });
    expect([text.length, truncated, calls]).toEqual([1_500, true, 1]);
  });

  test('waits for no end that came before', async () => {
    const stream = Readable.from([Buffer.from('abc')]);
    for await (const _ of stream);
    expect(stream.closed).toBe(true);
    expect(await readBounded(stream, 10)).toEqual({ text: '', truncated: false });
  });

  test('reads on where somebody has paused', async () => {
    const stream = Readable.from([Buffer.from('abc')]).pause();
    expect(await readBounded(stream, 10)).toEqual({ text: 'abc', truncated: false });
  });

  test('leaves no half character, and never more bytes than it may', async () => {
    const { text } = await read([Buffer.from('aä€😀')], 5);
    expect(text).toBe('aä');
    const broken = await read([Buffer.alloc(10, 0xff)], 10);
    expect(Buffer.byteLength(broken.text)).toBeLessThanOrEqual(10);
  });
});

describe('toPlainText()', () => {
  test('drops what a terminal would obey', () => {
    const text = '\u001b[31mred\u001b[0m \u001b]0;title\u0007x\u0000y\u009bz\nnext\tcell';
    expect(toPlainText(text)).toBe('red xyz\nnext\tcell');
  });
});

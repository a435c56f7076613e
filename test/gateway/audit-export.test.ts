import { describe, expect, it } from 'vitest';
import { toLineStream } from '../../src/gateway/audit-export.ts';

async function* linesOf(count: number): AsyncGenerator<string> {
  for (let line = 0; line < count; line++) yield `${line}`;
}

/** What is heard of a stream, and whether it came to its end. */
async function hear(stream: ReadableStream<Uint8Array>) {
  let text = '';
  try {
    for await (const chunk of stream) text += new TextDecoder().decode(chunk);
    return { lines: text.split('\n').length - 1, isWhole: true };
  } catch {
    return { lines: text.split('\n').length - 1, isWhole: false };
  }
}

describe('toLineStream()', () => {
  it('gives all lines to who may have them to the end', async () => {
    expect(await hear(toLineStream(linesOf(2_500), async () => true))).toEqual({
      lines: 2_500,
      isWhole: true,
    });
  });

  it('breaks off before the page that its reader may not have any more', async () => {
    const answers = [true, true];
    const stream = toLineStream(linesOf(3_500), async () => answers.shift() === true);
    expect(await hear(stream)).toEqual({ lines: 2_000, isWhole: false });
  });
});

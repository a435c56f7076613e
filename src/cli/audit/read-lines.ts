/**
 * The lines of a file as bytes, without all of it in memory.
 *
 * @module
 */

import { createReadStream } from 'node:fs';

const CHUNK_BYTES = 1_048_576;
const LINE_FEED = 0x0a;

/** Longer than any line of an export can be, in bytes. */
const MAX_LINE_BYTES = 1_048_576;

/** The last line need not end in a line feed. Stops with a line that is too long. */
export async function* readLines(path: string): AsyncGenerator<Buffer> {
  let rest = Buffer.alloc(0);
  for await (const chunk of createReadStream(path, { highWaterMark: CHUNK_BYTES })) {
    const bytes = rest.length === 0 ? (chunk as Buffer) : Buffer.concat([rest, chunk as Buffer]);
    let from = 0;
    for (let to = bytes.indexOf(LINE_FEED); to !== -1; to = bytes.indexOf(LINE_FEED, from)) {
      yield bytes.subarray(from, to);
      from = to + 1;
    }
    rest = Buffer.from(bytes.subarray(from));
    if (rest.length > MAX_LINE_BYTES) break;
  }
  if (rest.length > 0) yield rest;
}

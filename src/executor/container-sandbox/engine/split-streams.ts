/**
 * Takes apart the one stream on which an engine sends both outputs of a program.
 *
 * @module
 */

import { type Duplex, PassThrough, type Readable } from 'node:stream';

/** Kind, three zeros, and a length, before each piece. */
const HEADER_BYTES = 8;
const STDERR = 2;

export interface SplitStreams {
  readonly stdout: Readable;
  readonly stderr: Readable;
}

/** Pieces are passed on as they come; a reader that does not read holds the program back. */
export function splitStreams(source: Duplex): SplitStreams {
  const stdout = new PassThrough();
  const stderr = new PassThrough();
  let pending: Buffer = Buffer.alloc(0);
  let piece: { target: PassThrough; missing: number } | undefined;

  const pass = (): boolean => {
    for (;;) {
      if (piece === undefined || piece.missing === 0) {
        if (pending.length < HEADER_BYTES) return true;
        const target = pending[0] === STDERR ? stderr : stdout;
        piece = { target, missing: pending.readUInt32BE(4) };
        pending = pending.subarray(HEADER_BYTES);
        continue;
      }
      if (pending.length === 0) return true;
      const part = pending.subarray(0, piece.missing);
      pending = pending.subarray(part.length);
      piece.missing -= part.length;
      if (!piece.target.write(part)) return waitFor(piece.target);
    }
  };
  const waitFor = (target: PassThrough): boolean => {
    source.pause();
    target.once('drain', () => {
      if (pass()) source.resume();
    });
    return false;
  };
  source.on('data', (chunk: Buffer) => {
    pending = pending.length === 0 ? chunk : Buffer.concat([pending, chunk]);
    pass();
  });
  const end = (): void => {
    stdout.end();
    stderr.end();
  };
  source.on('end', end).on('close', end).on('error', end);
  return { stdout, stderr };
}

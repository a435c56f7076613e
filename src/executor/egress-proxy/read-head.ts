/**
 * Reads the beginning of a stream, and leaves everything after it in the stream.
 *
 * @module
 */

import type { Duplex } from 'node:stream';
import { EgressStop } from './egress-stop.ts';

/** A value, and how many bytes it took; nothing while there are too few. */
export type ParsedHead<T> = { readonly value: T; readonly length: number } | undefined;

export interface HeadLimits {
  readonly maxBytes: number;
  readonly timeoutMs: number;
}

/**
 * Reads until `parse` returns a value, then pauses the stream. `parse` sees all bytes so far each
 * time, and may throw an {@link EgressStop}; so does this when the head is too long or too late.
 */
export function readHead<T>(
  stream: Duplex,
  parse: (bytes: Buffer) => ParsedHead<T>,
  limits: HeadLimits,
): Promise<T> {
  const { promise, resolve, reject } = Promise.withResolvers<T>();
  let bytes: Buffer = Buffer.alloc(0);

  const onData = (chunk: Buffer): void => {
    bytes = bytes.length === 0 ? chunk : Buffer.concat([bytes, chunk]);
    try {
      const head = parse(bytes);
      if (head !== undefined) {
        stop();
        if (bytes.length > head.length) stream.unshift(bytes.subarray(head.length));
        resolve(head.value);
      } else if (bytes.length > limits.maxBytes) {
        fail(new EgressStop('head_malformed'));
      }
    } catch (thrown) {
      fail(thrown);
    }
  };
  const onClose = (): void => fail(new EgressStop('client_gone'));
  const fail = (reason: unknown): void => {
    stop();
    reject(reason);
  };
  const timer = setTimeout(() => fail(new EgressStop('head_timeout')), limits.timeoutMs);
  const stop = (): void => {
    clearTimeout(timer);
    stream.pause();
    stream.off('data', onData).off('end', onClose).off('close', onClose);
  };

  stream.on('data', onData).on('end', onClose).on('close', onClose);
  stream.resume();
  return promise;
}

/**
 * A consumer of a block over a WebSocket, as a test drives it: frames as they come.
 *
 * @module
 */

import type { Gateway } from './gateway.ts';

export interface Frame {
  readonly kind: string;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into frames of every shape
  readonly [member: string]: any;
}

export interface TestConsumer {
  readonly frames: Frame[];
  /** Texts that are no JSON frames, such as the answer to a heartbeat. */
  readonly texts: string[];
  /** Resolves with the next frames, once there are so many that nobody has taken. */
  readonly take: (count: number) => Promise<Frame[]>;
  readonly send: (frame: object | string | Uint8Array) => void;
  readonly ack: (...leases: string[]) => void;
  readonly close: () => void;
  readonly closed: Promise<{ readonly code: number; readonly reason: string }>;
}

interface Connecting {
  readonly token?: string;
  readonly headers?: Record<string, string>;
  readonly query?: string;
}

/** Rejects if the gateway does not switch protocols. */
export async function connectConsumer(
  gateway: Pick<Gateway, 'url' | 'token'>,
  block: string,
  { token = gateway.token, headers = {}, query = '' }: Connecting = {},
): Promise<TestConsumer> {
  const url = `${gateway.url.replace('http', 'ws')}/v1/blocks/${block}/connect${query}`;
  const init = { headers: { Authorization: `Bearer ${token}`, ...headers } };
  const socket = new WebSocket(url, init as never);
  const frames: Frame[] = [];
  const texts: string[] = [];
  let taken = 0;
  const waiting = new Set<() => void>();
  socket.addEventListener('message', ({ data }) => {
    if (String(data).startsWith('{')) frames.push(JSON.parse(String(data)));
    else texts.push(String(data));
    for (const wake of waiting) wake();
  });
  const closed = new Promise<{ code: number; reason: string }>((resolve) => {
    socket.addEventListener('close', ({ code, reason }) => resolve({ code, reason }));
  });
  await new Promise<void>((resolve, reject) => {
    socket.addEventListener('open', () => resolve());
    socket.addEventListener('error', () => reject(new Error('The gateway did not connect')));
  });
  // A connection on which its client has said nothing is closed late by the runtime.
  socket.send('ping');
  const send: TestConsumer['send'] = (frame) =>
    socket.send(
      typeof frame === 'string' || frame instanceof Uint8Array
        ? (frame as string)
        : JSON.stringify(frame),
    );
  return {
    frames,
    texts,
    take: async (count) => {
      while (frames.length - taken < count) {
        await new Promise<void>((resolve) => waiting.add(resolve));
      }
      taken += count;
      return frames.slice(taken - count, taken);
    },
    send,
    ack: (...leases) => send({ kind: 'ack', leases }),
    close: () => socket.close(),
    closed,
  };
}

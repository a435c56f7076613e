import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import {
  type EgressConnection,
  EgressLedger,
} from '../../../src/executor/egress-proxy/egress-ledger.ts';
import { DEFAULT_EGRESS_LIMITS } from '../../../src/executor/egress-proxy/egress-order.ts';
import { MeteredStream } from '../../../src/executor/egress-proxy/metered-stream.ts';
import { type Listening, listen } from './support/egress-lab.ts';

let server: Listening | undefined;
afterEach(() => server?.close());

/** A stream to a server that is served by `serve`. */
async function open(
  serve: (socket: Socket) => void,
  limits = DEFAULT_EGRESS_LIMITS,
): Promise<{ socket: Socket; stream: MeteredStream; connection: EgressConnection }> {
  server = await listen(createServer({ allowHalfOpen: true }, serve));
  const socket = connect({ host: '127.0.0.1', port: server.port });
  await once(socket, 'connect');
  const connection = new EgressLedger(limits).admit()!;
  const stream = new MeteredStream(socket, connection, limits.idleTimeoutMs);
  return { socket, stream, connection };
}

async function textOf(stream: MeteredStream): Promise<string> {
  let text = '';
  for await (const chunk of stream) text += chunk;
  return text;
}

describe('MeteredStream', () => {
  test('keeps what came in for a reader who comes after the other side is gone', async () => {
    const { socket, stream } = await open((peer) => peer.end('all of it'));
    stream.end();
    await once(socket.resume(), 'close');
    expect(await textOf(stream)).toBe('all of it');
  });

  test('passes on that one side has ended, and goes on with the other', async () => {
    const { stream } = await open((peer) => {
      peer.on('end', () => peer.end('heard the end')).resume();
    });
    stream.end('last words');
    expect(await textOf(stream)).toBe('heard the end');
  });

  test('fails, and hangs up, at the first bytes that are too many', async () => {
    const heard: string[] = [];
    const { stream, socket } = await open(
      (peer) => peer.on('data', (data) => heard.push(`${data}`)),
      {
        ...DEFAULT_EGRESS_LIMITS,
        maxBytesUp: 4,
      },
    );
    stream.write('four');
    await expect.poll(() => heard).toEqual(['four']);
    stream.write('!');
    const [error] = await once(stream, 'error');
    expect(error).toMatchObject({ outcome: 'bytes_up_exceeded' });
    expect(socket.destroyed).toBe(true);
    expect(heard).toEqual(['four']);
  });

  test('fails when the other side breaks off', async () => {
    const { stream } = await open((peer) => peer.on('data', () => peer.resetAndDestroy()));
    stream.write('hello');
    const [error] = await once(stream.resume(), 'error');
    expect(error).toMatchObject({ outcome: 'upstream_failed' });
  });
});

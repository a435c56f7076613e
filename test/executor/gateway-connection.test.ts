import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { WebSocketServer } from 'ws';
import { CLOSE_CODES } from '../../src/core/executor-protocol/close-codes.ts';
import { GatewayConnection } from '../../src/executor/gateway-connection.ts';
import { makeKey } from '../../src/executor/identity.ts';

let server: WebSocketServer;

beforeEach(async () => {
  server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  await new Promise((resolve) => server.once('listening', resolve));
});
afterEach(() => server.close());

test('a gateway that refuses is named once, however often it does', async () => {
  let refused = 0;
  server.on('connection', (socket) => {
    refused += 1;
    socket.close(CLOSE_CODES.refused);
  });
  const { port } = server.address() as AddressInfo;
  const { privateKey, publicKey: gatewayKey } = makeKey();
  const states: string[] = [];
  const connection = new GatewayConnection(
    {
      ...{
        gatewayUrl: `http://127.0.0.1:${port}`,
        workspace: 'acme',
        node: 'node_1',
        name: 'test',
      },
      ...{ gatewayKey, privateKey },
    },
    { version: '0', platform: 'test', slots: 1, plugins: [] },
    {
      onFrame: () => undefined,
      onState: (state) => states.push(state),
      onEnd: () => undefined,
    },
  );
  connection.open();
  await expect.poll(() => refused).toBeGreaterThan(1);
  await connection.close();
  expect(states).toEqual(['refused']);
});

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

/** What it says until `isEnough`. */
async function statesOf(port: number, isEnough: () => boolean): Promise<readonly string[]> {
  const { privateKey, publicKey: gatewayKey } = makeKey();
  const gatewayUrl = `http://127.0.0.1:${port}`;
  const states: string[] = [];
  const connection = new GatewayConnection(
    { gatewayUrl, workspace: 'acme', node: 'node_1', name: 'test', gatewayKey, privateKey },
    { version: '0', platform: 'test', slots: 1, plugins: [] },
    {
      onFrame: () => undefined,
      onState: (state, said) => states.push(`${state}${said && ` ${said}`}`),
      onEnd: () => undefined,
    },
  );
  connection.open();
  await expect.poll(isEnough).toBe(true);
  await connection.close();
  return states;
}

const portOf = (): number => (server.address() as AddressInfo).port;

test('a gateway that refuses is named once, however often it does', async () => {
  let refused = 0;
  server.on('connection', (socket) => {
    refused += 1;
    socket.close(CLOSE_CODES.refused);
  });
  expect(await statesOf(portOf(), () => refused > 1)).toEqual(['refused']);
});

test('so is one that does not believe the clock, with what it says of it', async () => {
  let refused = 0;
  server.on('connection', (socket) => {
    refused += 1;
    socket.close(CLOSE_CODES.clock, '-45000');
  });
  expect(await statesOf(portOf(), () => refused > 1)).toEqual(['clock -45000']);
});

test('so is one that has no such node', async () => {
  let asked = 0;
  server.options.verifyClient = (_info, done) => {
    asked += 1;
    done(false, 404);
  };
  expect(await statesOf(portOf(), () => asked > 1)).toEqual(['not-found']);
});

test('so is one that cannot be reached, or is no gateway', async () => {
  let asked = 0;
  server.options.verifyClient = (_info, done) => {
    asked += 1;
    done(false, 502);
  };
  expect(await statesOf(portOf(), () => asked > 1)).toEqual(['unreachable']);
});

import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { type WebSocket, WebSocketServer } from 'ws';
import { CLOSE_CODES } from '../../src/core/executor-protocol/close-codes.ts';
import { HEARTBEAT } from '../../src/core/executor-protocol/frames.ts';
import { handshakeText } from '../../src/core/executor-protocol/handshake.ts';
import { GatewayConnection } from '../../src/executor/gateway-connection.ts';
import { makeKey, signText } from '../../src/executor/identity.ts';

/** Of both sides. */
const KEY = makeKey();
const NAMES = { workspace: 'acme', node: 'node_1' };

let server: WebSocketServer;

beforeEach(async () => {
  server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  await new Promise((resolve) => server.once('listening', resolve));
});
afterEach(() => server.close());

/** What it says until `isEnough`. */
async function statesOf(port: number, isEnough: () => boolean): Promise<readonly string[]> {
  const { privateKey, publicKey: gatewayKey } = KEY;
  const gatewayUrl = `http://127.0.0.1:${port}`;
  const states: string[] = [];
  const connection = new GatewayConnection(
    { gatewayUrl, ...NAMES, name: 'test', gatewayKey, privateKey },
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

test('it says who dials, as what stands before a gateway may want to know', async () => {
  const agents: unknown[] = [];
  server.on('connection', (socket, { headers }) => {
    agents.push(headers['user-agent']);
    socket.close(CLOSE_CODES.refused);
  });
  await statesOf(portOf(), () => agents.length > 0);
  expect(agents[0]).toBe('sallyport-executor');
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

/** Lets in whoever comes, and passes on what he says. */
function welcome(socket: WebSocket, hear: (said: string) => void): void {
  socket.on('message', (data) => {
    const said = String(data);
    const { kind, nonce: executorNonce } = said === HEARTBEAT.ask ? {} : JSON.parse(said);
    if (kind === 'hello') {
      const nonce = 'n'.repeat(43);
      const shake = { ...NAMES, executorNonce, gatewayNonce: nonce };
      const signature = signText(KEY.privateKey, handshakeText('gateway', shake));
      socket.send(JSON.stringify({ kind: 'challenge', nonce, signature }));
    } else {
      if (kind === 'proof') socket.send(JSON.stringify({ kind: 'welcome' }));
      hear(said);
    }
  });
}

test('one whose clock is set while it is connected comes again, and says what it is now', async () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  const now = Date.now.bind(Date);
  const steps = [2_000, -3_600_000]; // the first is not worth a new connection
  let setMs = 0;
  vi.spyOn(Date, 'now').mockImplementation(() => now() + setMs);
  const clocks: number[] = [];
  let isBack = false;
  server.on('connection', (socket) => {
    const isFirst = clocks.length === 0;
    welcome(socket, (said) => {
      if (said !== HEARTBEAT.ask) clocks.push(JSON.parse(said).offer.clockAt);
      else if (isFirst) setMs = steps.shift() ?? setMs;
      else isBack = true;
    });
  });
  const beat = () => {
    vi.advanceTimersByTime(HEARTBEAT.everyMs);
    return isBack;
  };
  try {
    expect(await statesOf(portOf(), beat)).toEqual(['online', 'offline', 'online']);
  } finally {
    vi.restoreAllMocks();
    vi.useRealTimers();
  }
  expect(clocks).toHaveLength(2);
  expect(clocks[1]! - clocks[0]!).toBeLessThan(-3_000_000);
});

import net from 'node:net';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import {
  freePort,
  HOST,
  LOWEST_CHOSEN_PORT,
  readPort,
  requireFreePort,
} from '../../scripts/listen-port.mjs';

describe('readPort()', () => {
  beforeEach(() => () => vi.unstubAllEnvs());

  test.each([
    ['1', 1],
    ['65535', 65_535],
    ['', 8787],
    [undefined, 8787],
  ])('reads %j', (text, port) => {
    vi.stubEnv('PORT', text);
    expect(readPort()).toBe(port);
  });

  test.each(['0', '65536', '-1', '80.5', ' 80', '0x50', '1e3', 'http'])('refuses %j', (text) => {
    vi.stubEnv('PORT', text);
    expect(() => readPort()).toThrow(
      `Cannot read PORT "${text}": it must be a whole number from 1 to 65535`,
    );
  });
});

describe('requireFreePort()', () => {
  async function listen(host: string): Promise<net.Server> {
    const server = net.createServer();
    await new Promise<void>((resolve) => server.listen(0, host, resolve));
    return server;
  }

  test.each([HOST, '0.0.0.0'])('refuses a port that a program listens to on %s', async (host) => {
    const server = await listen(host);
    const { port } = server.address() as net.AddressInfo;
    await expect(requireFreePort(port)).rejects.toThrow(
      `Cannot listen on ${HOST}:${port}: another program listens there`,
    );
    await new Promise((resolve) => server.close(resolve));
    await requireFreePort(port);
    await requireFreePort(port);
  });

  test.each([6_000, 6_667, 10_080])(
    'refuses port %i, which fetch asks nothing of',
    async (port) => {
      await expect(requireFreePort(port)).rejects.toThrow(
        `Cannot serve on port ${port}: fetch and browsers refuse to ask it`,
      );
    },
  );
});

test('the ports that are chosen begin above the last one that fetch asks nothing of', async () => {
  await expect(requireFreePort(LOWEST_CHOSEN_PORT - 1)).rejects.toThrow('refuse to ask it');
  expect(await freePort()).toBeGreaterThanOrEqual(LOWEST_CHOSEN_PORT);
});

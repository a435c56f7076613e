/**
 * The network of a plugin on an executor: hosts that the call named, through the proxy, each in the
 * receipt; and nothing else.
 */

import { createServer, type Server } from 'node:http';
import { type AddressInfo, createServer as createSocketServer } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parseReceipt } from '../../src/core/executor-protocol/executor-receipt.ts';
import { type Api, callApi } from '../support/api.ts';
import { startExecutor, type TestExecutor } from '../support/executor.ts';
import { jsonPlugin } from '../support/executor-plugins.ts';
import { type Gateway, startGateway } from '../support/gateway.ts';

/** Asks for one URL, and fetches another. */
const STRAY = jsonPlugin('stray', {
  properties: { url: { type: 'string', format: 'uri' }, other: { type: 'string' } },
  capabilities: ['tool:network:http'],
  requires: ['tool:network:http:{url.host}:{url.port}'],
  program: `
    const look = (url) => fetch(url).then(({ status }) => status, () => 'no way');
    process.stdout.write(String(await look(input.arguments.other)));
    process.exit(0);`,
});

/** Opens a tunnel, says nothing in it, and waits for its end. */
const MUTE = jsonPlugin('mute', {
  properties: { url: { type: 'string', format: 'uri' } },
  capabilities: ['tool:network:http'],
  requires: ['tool:network:http:{url.host}:{url.port}'],
  program: `
    const { connect } = await import('node:net');
    const { host } = new URL(input.arguments.url);
    const tunnel = connect(3128, '127.0.0.1');
    tunnel.write(\`CONNECT \${host} HTTP/1.1\\r\\nHost: \${host}\\r\\n\\r\\n\`);
    tunnel.resume().on('error', () => undefined);
    await new Promise((resolve) => tunnel.on('close', resolve));
    process.stdout.write('ended');`,
});

let gateway: Gateway;
let api: Api;
let executor: TestExecutor;
let site: Server;
let port: number;
/** Breaks off as soon as it is spoken to. */
const breaker = createSocketServer((socket) => socket.resetAndDestroy());
let breakerPort: number;

beforeAll(async () => {
  site = createServer((_, response) => response.end('a page'));
  await new Promise<void>((resolve) => site.listen(0, '127.0.0.1', resolve));
  port = (site.address() as AddressInfo).port;
  await new Promise<void>((resolve) => breaker.listen(0, '127.0.0.1', resolve));
  breakerPort = (breaker.address() as AddressInfo).port;
  gateway = await startGateway({ examples: false });
  api = callApi(gateway);
  const { policy } = (await api.get('/v1/workspaces/default')).body;
  const privateHosts = [`127.0.0.1:${port}`, `127.0.0.1:${breakerPort}`];
  await api.put('/v1/workspaces/default', { policy: { ...policy, privateHosts } });
  executor = await startExecutor(gateway, api, {
    plugins: [STRAY, MUTE],
    examples: ['web-fetch'],
    policy: `
      [network]
      allow = ["127.0.0.1:${port}", "127.0.0.1:${breakerPort}", "*.example:443"]
      private = ["127.0.0.1:${port}", "127.0.0.1:${breakerPort}"]
    `,
  });
});
afterAll(async () => {
  await executor?.dispose();
  await gateway?.dispose();
  site?.closeAllConnections();
  site?.close();
  breaker.close();
});

const call = (tool: string, args: object) =>
  api.post(`/v1/tools/${tool}/call`, { arguments: args });

describe('web-fetch', () => {
  test('fetches a page, and the receipt says from where and how much', async () => {
    const { body } = await call('web-fetch', { url: `http://127.0.0.1:${port}/` });
    expect(JSON.parse(body.result)).toMatchObject({ status: 200, text: 'a page' });
    const receipt = parseReceipt(body.receipt.executor.text);
    expect(receipt?.hosts).toEqual([
      {
        host: '127.0.0.1',
        port,
        connections: 1,
        sentBytes: expect.any(Number),
        receivedBytes: expect.any(Number),
      },
    ]);
    expect(receipt?.hosts[0]?.receivedBytes).toBeGreaterThan('a page'.length);
  });

  test('is refused hosts that the owner of the machine has not opened', async () => {
    const { body } = await call('web-fetch', { url: 'https://other.org/' });
    expect(body).toMatchObject({ code: 'denied', reason: 'node_policy_denied' });
  });
});

describe('a plugin that fetches what its call did not name', () => {
  test('gets nothing, and the receipt says that it tried', async () => {
    const url = `http://127.0.0.1:${port}/`;
    expect((await call('stray', { url, other: url })).body.result).toBe('200');
    for (const other of [
      'http://127.0.0.1:65000/',
      'http://169.254.169.254/',
      'https://x.example/',
    ]) {
      const { body } = await call('stray', { url, other });
      expect(body.result).not.toBe('200');
      expect(parseReceipt(body.receipt.executor.text)).toMatchObject({
        hosts: [],
        refusedConnections: 1,
      });
    }
  });
});

describe('a host that breaks off a tunnel in which nothing was said yet', () => {
  test('ends that connection, and not the executor', async () => {
    const { body } = await call('mute', { url: `http://127.0.0.1:${breakerPort}/` });
    expect(body.result).toBe('ended');
    expect(parseReceipt(body.receipt.executor.text)).toMatchObject({
      hosts: [],
      refusedConnections: 1,
    });
  });
});

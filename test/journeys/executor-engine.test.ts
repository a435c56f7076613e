/**
 * A plugin of the container tier by Podman, from the front door to the engine and back: its users
 * are nobody of the machine, its network is the proxy alone, and the receipt says whom it reached.
 */

import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parseReceipt } from '../../src/core/executor-protocol/executor-receipt.ts';
import { buildBusyboxImage } from '../executor/container-sandbox/busybox-image.ts';
import {
  type EngineService,
  IMAGE,
  startPodman,
} from '../executor/container-sandbox/podman-service.ts';
import { describeSandbox } from '../executor/support/describe-sandbox.ts';
import { type Api, callApi } from '../support/api.ts';
import { startExecutor, type TestExecutor } from '../support/executor.ts';
import { type Gateway, startGateway } from '../support/gateway.ts';

/** Fetches the URL that the call names, then another host, and each without the proxy. */
const SCRIPT = `
  read line; url=\${line#*'"url":"'}; url=\${url%%'"'*}
  wget -q -O - "$url"; wget -q -O - http://169.254.169.254/; wget -q -Y off -O - "$url"
  echo; cat /proc/self/uid_map; grep -c : /proc/net/dev`;

describeSandbox('a plugin in a container of Podman', () => {
  let gateway: Gateway;
  let api: Api;
  let executor: TestExecutor;
  let engine: EngineService;
  let site: Server;
  let port: number;
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'sallyport-engine-')));

  beforeAll(async () => {
    site = createServer((_, response) => response.end('a page'));
    await new Promise<void>((resolve) => site.listen(0, '127.0.0.1', resolve));
    port = (site.address() as AddressInfo).port;
    const image = buildBusyboxImage(folder);
    engine = await startPodman(join(folder, 'podman'), image, { name: 'runc', mapsUsers: true });
    gateway = await startGateway({ examples: false });
    api = callApi(gateway);
    const { policy } = (await api.get('/v1/workspaces/default')).body;
    const host = `127.0.0.1:${port}`;
    await api.put('/v1/workspaces/default', { policy: { ...policy, privateHosts: [host] } });
    executor = await startExecutor(gateway, api, {
      plugins: [{ manifest: { ...MANIFEST, container: containerOf(image.digest) } }],
      tiers: ['container'],
      policy: `
        [network]
        allow = ["${host}"]
        private = ["${host}"]
        [container]
        driver = "engine"
        socket = "${engine.socketPath}"
      `,
    });
  });
  afterAll(async () => {
    await executor?.dispose();
    await gateway?.dispose();
    await engine?.close();
    site?.closeAllConnections();
    site?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  test('reaches the host that its call names by the proxy, and no other by any way', async () => {
    const url = `http://127.0.0.1:${port}/`;
    const { body } = await api.post('/v1/tools/fetch-boxed/call', { arguments: { url } });
    const [page, users, interfaces] = (body.result ?? executor.log()).split('\n');
    expect(page).toBe('a page');
    expect(users).not.toMatch(/^\s*0\s+0\s/); // root inside is somebody else outside
    expect(interfaces).toBe('1');
    expect(parseReceipt(body.receipt.executor.text)).toMatchObject({
      hosts: [{ host: '127.0.0.1', port, connections: 1 }],
      refusedConnections: 1,
    });
    await expect.poll(() => engine.command('ps', '--all', '--quiet')).toBe('');
  });
});

const MANIFEST = {
  name: 'fetch-boxed',
  version: '1.0.0',
  kind: 'tool',
  tier: 'container',
  license: 'Apache-2.0',
  capabilities: ['tool:network:http'],
  tools: [
    {
      name: 'fetch-boxed',
      description: 'Fetches a page, and tries others',
      inputSchema: {
        type: 'object',
        properties: { url: { type: 'string', format: 'uri' } },
        required: ['url'],
        additionalProperties: false,
      },
      requires: ['tool:network:http:{url.host}:{url.port}'],
    },
  ],
} as const;

function containerOf(digest: string): object {
  return { image: `${IMAGE}@${digest}`, command: ['/bin/sh', '-c', SCRIPT] };
}

/**
 * Plugins of the container tier, from the front door to runc and back: their images are pinned by
 * digest, and they see nothing of the machine but what their call named. The image of one lies
 * beside it, that of the other in a registry.
 */

import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildContainerWebFetch } from '../../scripts/build/container-plugins.mjs';
import { parseReceipt } from '../../src/core/executor-protocol/executor-receipt.ts';
import { buildBusyboxImage } from '../executor/container-sandbox/busybox-image.ts';
import {
  type RegistryStandin,
  startRegistry,
} from '../executor/container-sandbox/registry-standin.ts';
import { type Api, callApi } from '../support/api.ts';
import { startExecutor, type TestExecutor, type TestPlugin } from '../support/executor.ts';
import { mcpPlugin } from '../support/executor-plugins.ts';
import { type Gateway, startGateway } from '../support/gateway.ts';

/** Shows the file that the call names, and then what else there is. */
const SCRIPT = `
  read line; echo "$line"
  path=\${line#*'"path":"'}; cat "\${path%%'"'*}"
  id -u; ls /; ls /etc/shadow 2>&1; ls "\${path%/*}"; true`;

let gateway: Gateway;
let api: Api;
let executor: TestExecutor;
let images: string;
let registry: RegistryStandin;
let site: Server;
let host: string;

/** The example as it was built, but for its image, which is where `from` is. */
function webFetch(built: string, from: string): TestPlugin {
  const manifest = JSON.parse(readFileSync(join(built, 'plugin.json'), 'utf8'));
  const { filesSha256: _, image, ...container } = manifest.container;
  const [, digest] = image.split('@');
  return { manifest: { ...manifest, container: { ...container, image: `${from}@${digest}` } } };
}

/** An MCP server in the image of `web-fetch`, that keeps a diary in the one folder that it may write. */
function diarist(built: string, name: string, ends: string): TestPlugin {
  const { manifest, files } = mcpPlugin(
    name,
    `const { appendFileSync, readFileSync } = await import('node:fs');
     const [path, line] = text.split(' ');
     appendFileSync(path, line + '\\n');
     return readFileSync(path, 'utf8');`,
  );
  const { image } = JSON.parse(readFileSync(join(built, 'plugin.json'), 'utf8')).container;
  const { process: section, ...rest } = manifest;
  const program = (files?.['main.mjs'] ?? '') + ends;
  const command = ['/usr/bin/node', '--input-type=module', '--eval', program];
  return {
    manifest: {
      ...rest,
      ...{ name, tier: 'container', capabilities: ['tool:file:read', 'tool:file:write'] },
      container: { ...(section as object), image, command, limits: { timeoutMs: 20_000 } },
    },
    populate: (folder) => cpSync(join(built, 'image'), join(folder, 'image'), { recursive: true }),
  };
}

beforeAll(async () => {
  site = createServer((_, response) => response.end('a page'));
  await new Promise<void>((resolve) => site.listen(0, '127.0.0.1', resolve));
  host = `127.0.0.1:${(site.address() as AddressInfo).port}`;
  const built = await buildContainerWebFetch();
  registry = await startRegistry(join(built, 'image'), 'tools/web-fetch');
  images = mkdtempSync(join(tmpdir(), 'sallyport-image-'));
  const { layout, digest } = buildBusyboxImage(images);
  gateway = await startGateway({ examples: false });
  api = callApi(gateway);
  const { policy } = (await api.get('/v1/workspaces/default')).body;
  await api.put('/v1/workspaces/default', { policy: { ...policy, privateHosts: [host] } });
  executor = await startExecutor(gateway, api, {
    plugins: [
      webFetch(built, `${registry.host}/tools/web-fetch`),
      diarist(built, 'diarist', ''),
      diarist(built, 'lingerer', 'setInterval(() => undefined, 1_000);'),
      {
        manifest: {
          name: 'boxed',
          version: '1.0.0',
          kind: 'tool',
          tier: 'container',
          license: 'Apache-2.0',
          capabilities: ['tool:file:read'],
          tools: [
            {
              name: 'boxed',
              description: 'Shows what a container sees',
              inputSchema: {
                type: 'object',
                properties: { path: { type: 'string', format: 'path' } },
                required: ['path'],
                additionalProperties: false,
              },
              requires: ['tool:file:read:{path}'],
            },
          ],
          container: {
            image: `local/busybox@${digest}`,
            command: ['/bin/sh', '-c', SCRIPT],
          },
        },
        populate: (folder) => cpSync(layout, join(folder, 'image'), { recursive: true }),
      },
    ],
    tiers: ['container'],
    policy: `
      [paths]
      read = ["{folder}"]
      write = ["{folder}/desk"]
      [network]
      allow = ["${host}"]
      private = ["${host}"]
      [container]
      driver = "bundle"
      registries = ["${registry.host}"]
    `,
  });
  for (const name of ['shelf', 'desk']) mkdirSync(join(executor.folder, name));
  for (const name of ['a', 'b'])
    writeFileSync(join(executor.folder, 'shelf', name), `file ${name}\n`);
});

afterAll(async () => {
  await executor?.dispose();
  await gateway?.dispose();
  registry?.close();
  site?.closeAllConnections();
  site?.close();
  rmSync(images, { recursive: true, force: true });
});

describe('a plugin of the container tier', () => {
  test('runs as nobody of the machine, and sees nothing of it', async () => {
    const path = join(executor.folder, 'shelf/a');
    const answer = await api.post('/v1/tools/boxed/call', { arguments: { path } });
    expect(answer.body.result ?? executor.log()).toEqual(
      expect.stringContaining(`"path":"${path}"`),
    );
    expect(answer.body.result).toContain('file a\n10001\n');
    expect(answer.body.result).toContain('/etc/shadow: No such file');
    expect(answer.body.result).toMatch(/\na\n$/);
  });
});

describe('an MCP server in a container', () => {
  const write = (tool: string, path: string, line: string) =>
    api.post(`/v1/tools/${tool}/call`, { arguments: { text: `${path} ${line}` } });

  test('leaves what it has written, and finds what others have', async () => {
    const path = join(executor.folder, 'desk/diary');
    const first = await write('diarist', path, 'monday');
    expect(first.body.result ?? executor.log()).toBe('monday\n');
    expect(readFileSync(path, 'utf8')).toBe('monday\n');
    writeFileSync(path, 'tuesday\n');
    expect((await write('diarist', path, 'wednesday')).body.result).toBe('tuesday\nwednesday\n');
    expect(readFileSync(path, 'utf8')).toBe('tuesday\nwednesday\n');
  });

  test('that does not end when it is let go has not written what it says', async () => {
    const path = join(executor.folder, 'desk/lost');
    const { body } = await write('lingerer', path, 'monday');
    expect(body).toMatchObject({ code: 'denied', reason: 'timeout' });
    expect(existsSync(path)).toBe(false);
  });
});

describe('web-fetch in a container', () => {
  const fetchPage = (url: string) =>
    api.post('/v1/tools/web-fetch-container/call', { arguments: { url } });

  test('runs by an image that was pulled, and fetches through the proxy alone', async () => {
    const { body } = await fetchPage(`http://${host}/`);
    expect(JSON.parse(body.result ?? executor.log())).toMatchObject({
      status: 200,
      text: 'a page',
      truncated: false,
    });
    const [name, port] = host.split(':');
    expect(parseReceipt(body.receipt.executor.text)?.hosts).toMatchObject([
      { host: name, port: Number(port), connections: 1 },
    ]);
    expect(registry.asked.some(({ path }) => path.includes('/blobs/'))).toBe(true);
  });

  test('is refused hosts that the owner of the machine has not opened', async () => {
    const { body } = await fetchPage('https://example.org/');
    expect(body).toMatchObject({ code: 'denied', reason: 'node_policy_denied' });
  });
});

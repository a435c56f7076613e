/**
 * A plugin of the container tier, from the front door to runc and back: its image is pinned by
 * digest, and it sees nothing of the machine but the file that its call named.
 */

import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildBusyboxImage } from '../executor/container-sandbox/busybox-image.ts';
import { type Api, callApi } from '../support/api.ts';
import { startExecutor, type TestExecutor } from '../support/executor.ts';
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

beforeAll(async () => {
  images = mkdtempSync(join(tmpdir(), 'sallyport-image-'));
  const { layout, digest } = buildBusyboxImage(images);
  gateway = await startGateway({ examples: false });
  api = callApi(gateway);
  executor = await startExecutor(gateway, api, {
    plugins: [
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
      [container]
      driver = "bundle"
    `,
  });
  mkdirSync(join(executor.folder, 'shelf'));
  for (const name of ['a', 'b'])
    writeFileSync(join(executor.folder, 'shelf', name), `file ${name}\n`);
});

afterAll(async () => {
  await executor?.dispose();
  await gateway?.dispose();
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

import { once } from 'node:events';
import { chmodSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { findObstacle, startLocalExecutor, untilConnected } from '../../scripts/local-executor.mjs';
import { temporaryFolder } from './support/run-script.ts';

describe('findObstacle()', () => {
  afterEach(() => void vi.unstubAllEnvs());

  /** A `PATH` with this bubblewrap alone. */
  const havingBubblewrap = (script: string) => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'bwrap'), `#!/bin/sh\n${script}\n`);
    chmodSync(join(folder, 'bwrap'), 0o755);
    vi.stubEnv('PATH', folder);
  };

  test.runIf(process.platform === 'linux')('finds none where bubblewrap runs', () => {
    havingBubblewrap('exit 0');
    expect(findObstacle()).toBeUndefined();
  });

  test.runIf(process.platform === 'linux')('says how to get one that is not there', () => {
    vi.stubEnv('PATH', temporaryFolder());
    expect(findObstacle()).toContain('apt-get install bubblewrap');
    havingBubblewrap('exit 1');
    expect(findObstacle()).toContain('bubblewrap is not installed');
  });
});

describe('untilConnected()', () => {
  const never = new Promise<number>(() => {});

  test('waits until it is online', async () => {
    const answers = [false, true];
    const state = await untilConnected(never, async () => answers.shift() === true);
    expect([state, answers]).toEqual(['online', []]);
  });

  test('lets the start go on without one that takes long', async () => {
    expect(await untilConnected(never, async () => false, 0)).toBe('not connected yet');
  });

  test('waits for none that has ended', async () => {
    expect(await untilConnected(Promise.resolve(1), async () => false)).toBe('ended');
  });
});

describe('startLocalExecutor()', () => {
  test('hands over what it has started before it waits for it, so that a stop ends it too', async () => {
    const home = temporaryFolder();
    writeFileSync(join(home, 'executor.toml'), 'none: it ends at once');
    let runs: { stop: () => Promise<void> } | undefined;
    const asked: boolean[] = [];
    const gateway = createServer((request, response) => {
      if (request.method === 'GET' && request.url === '/v1/nodes') asked.push(runs !== undefined);
      const state = asked.length > 1 ? 'online' : 'offline';
      request.resume().on('end', () => {
        response.statusCode = request.method === 'POST' ? 201 : 200;
        response.end(JSON.stringify({ plugins: [], nodes: [{ id: 'node_a', state }] }));
      });
    });
    await once(gateway.listen(0, '127.0.0.1'), 'listening');
    const url = `http://127.0.0.1:${(gateway.address() as AddressInfo).port}`;
    writeFileSync(join(home, 'identity.json'), JSON.stringify({ node: 'node_a', gatewayUrl: url }));
    const started = await startLocalExecutor({ url, token: 't' }, home, (child: typeof runs) => {
      runs = child;
    });
    await runs?.stop();
    gateway.close();
    expect(started.state).toBe('online');
    expect(asked).toEqual([false, true]); // to enrol it, and to see whether it is there
  });
});

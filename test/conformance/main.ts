/**
 * `npm run test:conformance`: the official conformance tool and the official inspector's command line
 * against a started gateway. They are installed here when they are first needed.
 *
 * @module
 */

import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { callApi } from '../support/api.ts';
import { type Gateway, startGateway } from '../support/gateway.ts';
import { uploadScript } from '../support/script-plugins.ts';
import { startAuthorizingProxy } from './authorizing-proxy.ts';
import { findInspectorProblems } from './inspector.ts';
import { manifestOf, sourceOf } from './plugin.ts';
import { run } from './run.ts';
import { findFailedSignIns } from './sign-in-scenarios.ts';
import { startSlowServer } from './slow-server.ts';

const FOLDER = import.meta.dirname;

const REVISIONS = ['2026-07-28', '2025-11-25'];

process.exitCode = await main();

async function main(): Promise<number> {
  install();
  const gateway = await startGateway({ examples: false });
  const slow = await startSlowServer();
  try {
    await allowPrivateHost(gateway, `127.0.0.1:${slow.port}`);
    const installed = await uploadScript(gateway, manifestOf(slow.port), sourceOf(slow.port));
    if (installed.status !== 201) {
      throw new Error(`Cannot install the fixture: ${JSON.stringify(installed.body)}`);
    }
    const failed = [
      ...(await findFailedRevisions(gateway)),
      ...(await findInspectorProblems(gateway)),
      ...(await findFailedSignIns(gateway)),
    ];
    console.log(failed.length === 0 ? 'Conformance: as expected' : `Not as expected: ${failed}`);
    return failed.length === 0 ? 0 : 1;
  } finally {
    slow.close();
    await gateway.dispose();
  }
}

async function allowPrivateHost(gateway: Gateway, host: string): Promise<void> {
  const path = '/v1/workspaces/default';
  const api = callApi(gateway);
  const { policy } = (await api.get(path)).body;
  await api.put(path, { policy: { ...policy, privateHosts: [host] } });
}

function install(): void {
  if (existsSync(join(FOLDER, 'node_modules/.package-lock.json'))) return;
  const options = { cwd: FOLDER, stdio: 'inherit', shell: process.platform === 'win32' } as const;
  const { status } = spawnSync('npm', ['ci', '--ignore-scripts', '--no-audit'], options);
  if (status !== 0) throw new Error('Cannot install the official tools: npm ci must succeed');
}

async function findFailedRevisions(gateway: Gateway): Promise<readonly string[]> {
  const proxy = await startAuthorizingProxy(gateway);
  const failed: string[] = [];
  try {
    for (const revision of REVISIONS) {
      const baseline = join(FOLDER, `expected-failures-${revision}.yaml`);
      const { status } = await run('conformance', [
        ...['server', '--url', `${proxy.url}/mcp`, '--requirements', revision],
        ...['--expected-failures', baseline],
      ]);
      if (status !== 0) failed.push(revision);
    }
  } finally {
    proxy.close();
  }
  return failed;
}

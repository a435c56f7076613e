/**
 * The official tool's scenarios for clients that people sign in with: each has servers of its own, and
 * starts `client.ts`, which has the gateway do what is to be seen.
 *
 * @module
 */

import { join } from 'node:path';
import type { Gateway } from '../support/gateway.ts';
import { run } from './run.ts';

const REVISION = '2026-07-28';

const SCENARIOS = [
  ...['metadata-default', 'metadata-var1', 'metadata-var2', 'metadata-var3'],
  ...['metadata-issuer-mismatch', 'resource-mismatch', 'pre-registration'],
  ...['scope-from-www-authenticate', 'scope-from-scopes-supported', 'scope-omitted-when-undefined'],
  ...['scope-step-up', 'scope-retry-limit', 'offline-access-scope', 'offline-access-not-supported'],
  ...['token-endpoint-auth-basic', 'token-endpoint-auth-post', 'token-endpoint-auth-none'],
  ...['iss-supported', 'iss-not-advertised', 'iss-supported-missing', 'iss-wrong-issuer'],
  ...['iss-unexpected', 'iss-normalized', 'authorization-server-migration'],
];

/** Names of those that did not pass. One after the other, since all change the same policy. */
export async function findFailedSignIns({ url, token }: Gateway): Promise<readonly string[]> {
  if (process.platform !== 'linux') {
    console.log('Scenarios of signing in are left out: they need /proc');
    return [];
  }
  const command = `"${process.execPath}" "${join(import.meta.dirname, 'client.ts')}"`;
  const env = { SALLYPORT_URL: url, SALLYPORT_TOKEN: token };
  const failed: string[] = [];
  for (const scenario of SCENARIOS) {
    const name = `auth/${scenario}`;
    const words = ['client', '--command', command, '--scenario', name, '--spec-version', REVISION];
    const { status } = await run('conformance', words, env);
    if (status !== 0) failed.push(name);
  }
  return failed;
}

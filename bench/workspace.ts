/**
 * Workspaces, tokens and plugins for benchmarks, made over the same API that everybody uses.
 *
 * @module
 */

import { randomBytes } from 'node:crypto';
import { BLOCK_CLASSES } from '../scripts/worker-bindings.mjs';
import type { Policy } from '../src/core/policy/policy.ts';
import { send } from './load.ts';
import { type RunningWorker, startWorkerd } from './workerd.ts';

export type Headers = Readonly<Record<string, string>>;

export interface BenchGateway extends RunningWorker {
  readonly rootToken: string;
  /** Of the operator, who is root. */
  readonly headers: Headers;
}

/** The whole gateway on raw workerd, with a Worker loader. */
export async function startBenchGateway(): Promise<BenchGateway> {
  const rootToken = `sproot_${randomBytes(32).toString('base64url')}`;
  const worker = await startWorkerd({
    entry: 'src/worker.ts',
    blocks: BLOCK_CLASSES,
    loader: true,
    secrets: {
      SALLYPORT_MASTER_KEY: randomBytes(32).toString('base64url'),
      SALLYPORT_ROOT_TOKEN: rootToken,
    },
  });
  return { ...worker, rootToken, headers: headersOf(rootToken) };
}

/** Headers of a service that may do everything in a workspace of its own, without rates. */
export async function makeWorkspace(gateway: BenchGateway, id: string): Promise<Headers> {
  const { headers: root } = gateway;
  await ask(gateway, { method: 'PUT', path: pathOf(id), headers: root, body: '{}' });
  await liftBounds(gateway, id);
  const issued = await ask(gateway, {
    method: 'POST',
    path: '/v1/tokens',
    headers: root,
    body: JSON.stringify({
      workspace: id,
      subject: { kind: 'service', id: 'bench' },
      grants: ['tool:*', 'session:*', 'system:plugin:*', 'system:audit:read'],
    }),
  });
  return headersOf(issued.token);
}

/** The default rates and budgets exist to stop what benchmarks do. */
export async function liftBounds(gateway: BenchGateway, id = 'default'): Promise<void> {
  const { headers } = gateway;
  const path = pathOf(id);
  const { policy }: { policy: Policy } = await ask(gateway, { method: 'GET', path, headers });
  const rate = { calls: 1_000_000, periodMs: 60_000 };
  const rates = { ...policy.rates, workspace: rate, principal: rate, session: rate };
  const day = { costMicroUsd: 1_000_000_000_000, tokens: 1_000_000_000_000 };
  const budgets = { ...policy.budgets, workspace: { ...policy.budgets.workspace, day } };
  const lifted: Policy = { ...policy, rates, budgets };
  await ask(gateway, { method: 'PUT', path, headers, body: JSON.stringify({ policy: lifted }) });
}

function pathOf(workspace: string): string {
  return `/v1/workspaces/${workspace}`;
}

export interface PluginUpload {
  readonly manifest: object;
  readonly module: Uint8Array;
}

/** Answers the description; throws what the gateway said if it was not installed. */
export async function installPlugin(
  gateway: RunningWorker,
  headers: Headers,
  { manifest, module }: PluginUpload,
) {
  const form = new FormData();
  form.set('manifest', JSON.stringify(manifest));
  form.set('module', new Blob([new Uint8Array(module)]), 'plugin.wasm');
  const { Authorization = '' } = headers;
  const response = await fetch(`${gateway.url}/v1/plugins`, {
    method: 'POST',
    headers: { Authorization },
    body: form,
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`Cannot install a plugin: ${text}`);
  return JSON.parse(text);
}

function headersOf(token: string): Headers {
  return { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' };
}

async function ask(gateway: RunningWorker, call: Parameters<typeof send>[2]) {
  const { status, text } = await send(undefined, gateway.port, call);
  if (status >= 300) throw new Error(`${call.method} ${call.path} answered ${status}: ${text}`);
  return JSON.parse(text);
}

/**
 * New versions of a plugin take over while it is called: none of the calls fails, each answer comes
 * from exactly one version, and the record says which. Prints one JSON line.
 *
 *   npx node bench/hot-swap.ts [calls] [swaps]
 */

import { buildVersion, installVersion } from '../test/support/versions.ts';
import { digits } from './figures.ts';
import { send } from './load.ts';
import { makeWorkspace, startBenchGateway } from './workspace.ts';

const CALLS = Number(process.argv[2] ?? 1_000);
const SWAPS = Number(process.argv[3] ?? 10);
const CLIENTS = 8;
/** Some milliseconds for each call, so that a swap finds some on their way. */
const WORK = 500_000;

const gateway = await startBenchGateway();
const headers = await makeWorkspace(gateway, 'swaps');
const token = headers.Authorization?.slice('Bearer '.length) ?? '';
const swapsMs: number[] = [];
await swapTo(1);

const answers = new Map<string, string>();
const latencies: number[] = [];
const failures: string[] = [];
let sent = 0;
let version = 1;
const startedAt = performance.now();
await Promise.all([...Array.from({ length: CLIENTS }, callOn), swapOn()]);
const seconds = (performance.now() - startedAt) / 1_000;

const recorded = await readRecord();
const mismatches = [...answers].filter(([requestId, said]) => recorded.get(requestId) !== said);
await gateway.stop();
latencies.sort((a, b) => a - b);

console.log(
  JSON.stringify({
    bench: 'hot-swap',
    calls: answers.size + failures.length,
    swaps: version - 1,
    failed: failures.length,
    ...(failures.length > 0 && { firstFailure: failures[0] }),
    versionsSeen: new Set(answers.values()).size,
    notAsRecorded: mismatches.length,
    perSecond: digits(answers.size / seconds),
    p50Ms: digits(at(latencies, 0.5)),
    p99Ms: digits(at(latencies, 0.99)),
    swapMs: {
      median: digits(
        at(
          swapsMs.sort((a, b) => a - b),
          0.5,
        ),
      ),
      most: digits(Math.max(...swapsMs)),
    },
    met: failures.length === 0 && mismatches.length === 0 && answers.size >= CALLS,
  }),
);

async function swapTo(next: number): Promise<void> {
  const upload = await buildVersion({ version: `${next}.0.0`, work: WORK });
  const sentAt = performance.now();
  const { status, body } = await installVersion({ url: gateway.url, token }, upload);
  if (status !== 201) throw new Error(`Cannot swap: ${JSON.stringify(body)}`);
  swapsMs.push(performance.now() - sentAt);
}

async function swapOn(): Promise<void> {
  while (version <= SWAPS) {
    const due = (CALLS / (SWAPS + 1)) * version;
    while (sent < due) await new Promise((resolve) => setTimeout(resolve, 2));
    await swapTo(version + 1);
    version += 1;
  }
}

/** Goes on until all swaps are made: no version may come too late to be called. */
async function callOn(): Promise<void> {
  const call = { method: 'POST', path: '/v1/tools/which/call', headers, body: '{}' };
  while (sent < CALLS || version <= SWAPS) {
    sent += 1;
    const sentAt = performance.now();
    const { status, text, requestId } = await send(undefined, gateway.port, call);
    latencies.push(performance.now() - sentAt);
    if (status === 200) answers.set(requestId, JSON.parse(JSON.parse(text).result));
    else failures.push(text);
  }
}

/** Which version served each request, once all of it is in the chain. */
async function readRecord(): Promise<ReadonlyMap<string, string>> {
  for (let attempts = 0; attempts < 100; attempts++) {
    const versions = new Map<string, string>();
    for (let after: number | null = 0; after !== null; ) {
      const path = `/v1/audit?action=tool-result&limit=500&after=${after}`;
      const { text } = await send(undefined, gateway.port, { method: 'GET', path, headers });
      const page: { records: { event: AuditedCall }[]; next?: number } = JSON.parse(text);
      for (const { event } of page.records) versions.set(event.requestId, event.pluginVersion);
      after = page.next ?? null;
    }
    if (versions.size >= answers.size) return versions;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error('The record is not complete');
}

interface AuditedCall {
  readonly requestId: string;
  readonly pluginVersion: string;
}

function at(sorted: readonly number[], share: number): number {
  return sorted[Math.floor(sorted.length * share)] ?? Number.NaN;
}

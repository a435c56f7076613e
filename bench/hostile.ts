/**
 * What a hostile workspace can do to an honest one on the same thread. Prints one JSON line: how
 * each hostile call ends and when, and the honest client's times with and without four hostile
 * clients that keep calling: an endless loop, and then whatever took longest.
 *
 *   npx node bench/hostile.ts [seconds a phase]
 */

import { readFileSync } from 'node:fs';
import { compileWat } from '../scripts/build/wat.mjs';
import { digits, roundLoad } from './figures.ts';
import { type Call, type LoadResult, runLoad, send } from './load.ts';
import { installPlugin, makeWorkspace, startBenchGateway } from './workspace.ts';

const durationMs = Number(process.argv[2] ?? 15) * 1_000;
const WARM_UP_MS = 2_000;
const HOSTILE_CLIENTS = 4;
const TARGETS = { hostileMs: 1_000, honestP99Ms: 1_500 };

/** Exports of the tests' fixtures, each of which ends in another way, and of `hostile/slow.wat`. */
const ATTACKS: Readonly<Record<string, readonly string[]>> = {
  hostile: [
    ...['loop', 'recurse', 'grow', 'hoard', 'flood', 'unreachable', 'beyond'],
    ...['forge_error', 'status'],
  ],
  texts: ['hoard_variables', 'log', 'log_forever', 'forge'],
  ambient: ['random_forever', 'print_forever', 'exit_3', 'bad_pointer'],
  slow: ['divide', 'chase', 'fill_nothing'],
};

const gateway = await startBenchGateway();
const hostile = await makeWorkspace(gateway, 'hostile');
const honest = await makeWorkspace(gateway, 'honest');
for (const [name, entries] of Object.entries(ATTACKS)) {
  const module = await moduleOf(name);
  await installPlugin(gateway, hostile, { manifest: manifestOf(name, entries), module });
}
await installPlugin(gateway, honest, {
  manifest: JSON.parse(readFileSync('build/plugins/text-stats/plugin.json', 'utf8')),
  module: readFileSync('build/plugins/text-stats/plugin.wasm'),
});

const outcomes: Record<string, { readonly reason: string; readonly ms: number }> = {};
for (const entry of Object.values(ATTACKS).flat()) outcomes[entry] = await attack(entry);

await measureHonest(WARM_UP_MS);
const alone = await measureHonest(durationMs);
const slowest = Object.entries(outcomes).reduce((a, b) => (a[1].ms > b[1].ms ? a : b))[0];
const [besides, attackers] = await Promise.all([measureHonest(durationMs), keepCalling('loop')]);
const [besidesSlowest] = await Promise.all([measureHonest(durationMs), keepCalling(slowest)]);
await gateway.stop();

console.log(
  JSON.stringify({
    bench: 'hostile',
    outcomes,
    honest: {
      alone: roundLoad(alone),
      besidesLoops: roundLoad(besides),
      besidesSlowest: roundLoad(besidesSlowest),
    },
    slowest,
    hostileCalls: { perSecond: digits(attackers.perSecond), p99Ms: digits(attackers.p99Ms) },
    targets: TARGETS,
    met: {
      hostileMs: Object.values(outcomes).every(({ ms }) => ms < TARGETS.hostileMs),
      honestP99Ms: [besides, besidesSlowest].every(
        ({ p99Ms, failed }) => p99Ms < TARGETS.honestP99Ms && failed === 0,
      ),
    },
  }),
);

function measureHonest(ms: number): Promise<LoadResult> {
  const call = callOf('text-stats', honest, { text: 'the quick brown fox' });
  return runLoad({ port: gateway.port, connections: 1, durationMs: ms, next: () => call });
}

/** Every one of these calls is denied, which is not a failure here. */
function keepCalling(entry: string): Promise<LoadResult> {
  const call = callOf(entry, hostile);
  return runLoad({
    port: gateway.port,
    connections: HOSTILE_CLIENTS,
    durationMs,
    next: () => call,
    isGood: (status) => status === 403,
  });
}

async function moduleOf(name: string): Promise<Uint8Array> {
  if (name === 'slow') return new Uint8Array(await compileWat('bench/hostile/slow.wat'));
  const uploads = JSON.parse(readFileSync('build/fixtures/uploads.txt', 'utf8'));
  return new Uint8Array(Buffer.from(uploads[name], 'base64'));
}

async function attack(entry: string): Promise<{ readonly reason: string; readonly ms: number }> {
  const startedAt = performance.now();
  const { status, text } = await send(undefined, gateway.port, callOf(entry, hostile));
  const ms = digits(performance.now() - startedAt);
  return { reason: status === 200 ? 'ok' : (JSON.parse(text).reason ?? String(status)), ms };
}

function callOf(entry: string, headers: Readonly<Record<string, string>>, args = {}): Call {
  const path = `/v1/tools/${toolName(entry)}/call`;
  return { method: 'POST', path, headers, body: JSON.stringify({ arguments: args }) };
}

/** Without limits of its own, so that it gets the default 100 million units of fuel. */
function manifestOf(name: string, entries: readonly string[]): object {
  return {
    ...{ name, version: '1.0.0', kind: 'tool', tier: 'wasm', license: 'MIT', capabilities: [] },
    tools: entries.map((entry) => ({
      name: toolName(entry),
      description: 'Does something bad',
      inputSchema: { type: 'object', properties: {} },
      entry,
    })),
  };
}

function toolName(entry: string): string {
  return entry.replaceAll('_', '-');
}

/**
 * One call of a plugin of each kind against one call of an empty dynamic Worker, warm and cold, each a
 * whole HTTP request on raw workerd in the same run. Prints one JSON line.
 *
 *   npx node bench/wasm-calls.ts [rounds] [kind …]
 */

import { readFileSync } from 'node:fs';
import { Agent } from 'node:http';
import { digits, median } from './figures.ts';
import { PLUGIN_KINDS, type PluginKindName } from './floor/wasm-kinds.ts';
import { send } from './load.ts';
import { startWorkerd } from './workerd.ts';

const ROUNDS = Number(process.argv[2] ?? 20);

/** One after the other, of each path in a round. Cold ones leave an isolate behind each, so there are few. */
const CALLS = { warm: 20, cold: 6 };

const ALL = Object.keys(PLUGIN_KINDS) as PluginKindName[];
/** All unless some are named. */
const KINDS = process.argv.length > 3 ? ALL.filter((kind) => process.argv.includes(kind)) : ALL;

const PATHS = [
  ...['empty', ...KINDS].map((who) => `/${who}/warm`),
  // An empty Worker with the platform's own defaults, and one beside the engine of scripts.
  ...['empty', ...KINDS, 'default', 'engine'].map((who) => `/${who}/cold`),
];

/** Milliseconds of each round, by path: rounds take turns, so that whatever slows the machine slows all. */
const times = new Map<string, number[]>(PATHS.map((path) => [path, []]));

const worker = await startWorkerd({
  entry: 'bench/floor/wasm-calls.ts',
  blocks: { LANE: 'Lane' },
  loader: true,
});
const agent = new Agent({ keepAlive: true, maxSockets: 1 });
try {
  await measureAll();
} finally {
  agent.destroy();
  await worker.stop();
}

async function measureAll(): Promise<void> {
  for (const kind of KINDS) {
    const { file } = PLUGIN_KINDS[kind];
    await fetch(`${worker.url}/${kind}`, { method: 'POST', body: readFileSync(file) });
  }
  for (let round = 0; round <= ROUNDS; round++) {
    for (const path of PATHS) {
      const ms = await measure(path);
      // The first round warms everything up.
      if (round > 0) times.get(path)?.push(ms);
    }
  }
}

async function measure(path: string): Promise<number> {
  const each: number[] = [];
  for (let call = 0; call < CALLS[path.endsWith('warm') ? 'warm' : 'cold']; call++) {
    const sentAt = performance.now();
    const { status } = await send(agent, worker.port, { method: 'GET', path });
    if (status !== 200) throw new Error(`${path} failed`);
    each.push(performance.now() - sentAt);
  }
  return median(each);
}

const p50Ms = (path: string) => digits(median(times.get(path) ?? []), 3);

/** Round by round: what slows the machine for a while slows both. */
function ratio(path: string, to: string): number {
  const others = times.get(to) ?? [];
  const each = (times.get(path) ?? []).map((ms, round) => ms / (others[round] ?? ms));
  return digits(median(each), 3);
}

const against = (who: string, how: 'warm' | 'cold', to = 'empty') =>
  ratio(`/${who}/${how}`, `/${to}/${how}`);

console.log(
  JSON.stringify({
    bench: 'wasm-calls',
    p50Ms: Object.fromEntries(PATHS.map((path) => [path, p50Ms(path)])),
    warmRatio: Object.fromEntries(KINDS.map((kind) => [kind, against(kind, 'warm')])),
    coldRatio: Object.fromEntries(KINDS.map((kind) => [kind, against(kind, 'cold')])),
    coldRatioToDefault: against('compute', 'cold', 'default'),
    coldRatioToEngine: against('javascript', 'cold', 'engine'),
    targets: { warmRatio: 2.5, coldRatio: 1.5 },
  }),
);

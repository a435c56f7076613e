/**
 * One call of a plugin against one call of an empty dynamic Worker, warm and cold, each a whole HTTP
 * request on raw workerd in the same run. Prints one JSON line.
 *
 *   npx node bench/wasm-calls.ts [rounds]
 */

import { readFileSync } from 'node:fs';
import { digits, median } from './figures.ts';
import { type LoadResult, runLoad } from './load.ts';
import { startWorkerd } from './workerd.ts';

const ROUNDS = Number(process.argv[2] ?? 12);
const ROUND_MS = 250;
const PATHS = [
  ...(['/empty/warm', '/plugin/warm'] as const),
  ...(['/empty/cold', '/plugin/cold', '/default/cold'] as const),
];
type Path = (typeof PATHS)[number];

const worker = await startWorkerd({
  entry: 'bench/floor/wasm-calls.ts',
  blocks: { LANE: 'Lane' },
  loader: true,
});
await fetch(`${worker.url}/code`, {
  method: 'POST',
  body: readFileSync('build/bundled/text-stats.wasm'),
});

/** Medians of each round, by path: rounds alternate, so that whatever slows the machine slows all. */
const medians = new Map<Path, number[]>(PATHS.map((path) => [path, []]));
try {
  await measureAll();
} finally {
  await worker.stop();
}

async function measureAll(): Promise<void> {
  for (let round = 0; round <= ROUNDS; round++) {
    for (const path of PATHS) {
      const { p50Ms, failed } = await measure(path);
      if (failed > 0) throw new Error(`${failed} requests of ${path} failed`);
      // The first round warms everything up.
      if (round > 0) medians.get(path)?.push(p50Ms);
    }
  }
}

const ms = (path: Path) => median(medians.get(path) ?? []);

/** Round by round: what slows the machine for a while slows both. */
function ratio(path: Path, to: Path): number {
  const others = medians.get(to) ?? [];
  return median((medians.get(path) ?? []).map((each, round) => each / (others[round] ?? each)));
}

console.log(
  JSON.stringify({
    bench: 'wasm-calls',
    p50Ms: Object.fromEntries(PATHS.map((path) => [path, digits(ms(path), 3)])),
    warmRatio: digits(ratio('/plugin/warm', '/empty/warm'), 3),
    coldRatio: digits(ratio('/plugin/cold', '/empty/cold'), 3),
    // Against an empty Worker with the platform's own defaults, which is no bare one.
    coldRatioToDefault: digits(ratio('/plugin/cold', '/default/cold'), 3),
    targets: { warmRatio: 2.5, coldRatio: 1.5 },
  }),
);

/** Cold ones leave an isolate behind each, so there are few of them. */
function measure(path: Path): Promise<LoadResult> {
  const durationMs = path.endsWith('cold') ? ROUND_MS / 2 : ROUND_MS;
  const call = { method: 'GET', path };
  return runLoad({ port: worker.port, connections: 1, durationMs, next: () => call });
}

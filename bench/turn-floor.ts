/**
 * What a turn with one Wasm tool call costs at least on this platform: its skeleton, and parts of that,
 * against an empty Worker → Durable Object request, interleaved on raw workerd. Prints one JSON line.
 * `bench/turn.ts` measures the real one. Reads `/proc`, so for Linux alone.
 *
 *   npx node bench/turn-floor.ts [seconds a phase]
 */

import { readFileSync } from 'node:fs';
import { digits, median } from './figures.ts';
import { type Call, runLoad } from './load.ts';
import type { Skeleton, SkeletonTurn } from './skeleton.ts';
import { type RunningWorker, startWorkerd } from './workerd.ts';

const phaseMs = Number(process.argv[2] ?? 1) * 1_000;
const CONNECTIONS = 32;
const ROUNDS = 5;

/** Milliseconds of a tick of the kernel's clock, as `/proc` counts. */
const TICK_MS = 10;

const BARE: Skeleton = { commits: 0, call: 'none', record: false };

const SKELETONS: Readonly<Record<string, Skeleton>> = {
  session: BARE,
  commit: { ...BARE, commits: 1 },
  lane: { ...BARE, call: 'lane' },
  isolate: { ...BARE, call: 'isolate' },
  record: { ...BARE, record: true },
  turn: { commits: 1, call: 'isolate', record: true },
  turnWithTwoCommits: { commits: 2, call: 'isolate', record: true },
};

interface Sample {
  readonly perSecond: number;
  readonly cpuMs: number;
}

const empty = await startWorkerd({ entry: 'bench/floor/worker.ts', blocks: { EMPTY: 'Empty' } });
const skeleton = await startWorkerd({
  entry: 'bench/floor/turn.ts',
  blocks: { SESSIONS: 'Session', LANES: 'Lane', RECORDS: 'Records' },
  loader: true,
});

const phases: Readonly<Record<string, () => Promise<Sample>>> = {
  empty: () => measure(empty, () => ({ method: 'GET', path: '/' })),
  ...Object.fromEntries(
    Object.entries(SKELETONS).map(([name, parts]) => [name, () => measureTurns(parts)]),
  ),
};
const samples = new Map(Object.keys(phases).map((name): [string, Sample[]] => [name, []]));
for (const run of Object.values(phases)) await run();
for (let round = 0; round < ROUNDS; round++) {
  for (const [name, run] of Object.entries(phases)) samples.get(name)?.push(await run());
}
for (const worker of [empty, skeleton]) await worker.stop();

const middle = (name: string, figure: keyof Sample): number =>
  median((samples.get(name) ?? []).map((sample) => sample[figure]));

console.log(
  JSON.stringify({
    bench: 'turn-floor',
    connections: CONNECTIONS,
    ...Object.fromEntries(Object.keys(phases).map((name) => [name, describe(name)])),
  }),
);

function describe(name: string) {
  const perSecond = middle(name, 'perSecond');
  const cpuMs = middle(name, 'cpuMs');
  return {
    perSecond: digits(perSecond, 0),
    cpuMs: digits(cpuMs, 3),
    throughputRatio: digits(middle('empty', 'perSecond') / perSecond),
    cpuRatio: digits(cpuMs / middle('empty', 'cpuMs')),
  };
}

function measureTurns(parts: Skeleton): Promise<Sample> {
  return measure(skeleton, (connection) => {
    const turn: SkeletonTurn = { ...parts, session: `session-${connection}` };
    return { method: 'POST', path: '/', body: JSON.stringify(turn) };
  });
}

async function measure(
  { port, pid }: RunningWorker,
  next: (connection: number) => Call,
): Promise<Sample> {
  const before = cpuMsOf(pid);
  const load = await runLoad({ port, connections: CONNECTIONS, durationMs: phaseMs, next });
  const requests = load.perSecond * (phaseMs / 1_000);
  return { perSecond: load.perSecond, cpuMs: (cpuMsOf(pid) - before) / requests };
}

/** User and system time of the whole process. */
function cpuMsOf(pid: number): number {
  const [, fields = ''] = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ');
  const [user, system] = fields.split(' ').slice(11, 13).map(Number);
  return ((user ?? 0) + (system ?? 0)) * TICK_MS;
}

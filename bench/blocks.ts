/**
 * What blocks cost beside the bare platform, both in the same process: a Durable Object that inserts
 * one row for each call. Samples of the two alternate, and the median of their ratios counts, since the
 * machine is seldom alone with them. Prints one JSON line.
 *
 *   npx node bench/blocks.ts [rounds]
 *   npx node bench/blocks.ts memory     10,000 blocks, and what stays in memory; some ten minutes
 */

import { measureMemory } from './block-memory.ts';
import { type BlockWorker, startBlockWorker } from './block-worker.ts';

interface Figure {
  readonly floor: string;
  readonly subject: string;
  /** Operations of one sample. Samples are short, so that what disturbs one spares the next. */
  readonly count: number;
  /** Of the floor's sample, where it would otherwise be much shorter. */
  readonly floorCount?: number;
  /** Of the floor's rate that is reached, or of its time that is spent at most. */
  readonly target: { readonly leastRate: number } | { readonly mostTimes: number };
  /** A sample needs objects of its own. */
  readonly fresh?: true;
}

/** Those that make many objects come last: it takes a while until these have left memory. */
const FIGURES: Readonly<Record<string, Figure>> = {
  send: { floor: 'bare-insert', subject: 'send', count: 100, target: { leastRate: 0.7 } },
  /** There and back, each time told only once it is on the other's disk. */
  pingPong: {
    floor: 'bare-insert',
    subject: 'ping-pong',
    count: 40,
    floorCount: 120,
    target: { mostTimes: 5 },
  },
  /** A call from outside, received, answered, and heard by whoever called. */
  call: {
    floor: 'bare-insert',
    subject: 'call',
    count: 40,
    floorCount: 120,
    target: { mostTimes: 5 },
  },
  sendBatchOf100: {
    floor: 'bare-insert-many',
    subject: 'send-many',
    count: 20,
    target: { leastRate: 0.3 },
  },
  spawn: {
    floor: 'bare-touch',
    subject: 'spawn',
    count: 20,
    target: { leastRate: 0.5 },
    fresh: true,
  },
  sendTo100: {
    floor: 'bare-insert-parallel',
    subject: 'send-parallel',
    count: 100,
    target: { leastRate: 0.6 },
  },
  fanOutTo1000: {
    floor: 'bare-insert-parallel',
    subject: 'fan-out',
    count: 1_000,
    target: { leastRate: 0.6 },
  },
};

const WARM_UP_ROUNDS = 2;

async function measure(worker: BlockWorker, name: string, rounds: number) {
  const { floor, subject, count, floorCount = count, target, fresh } = FIGURES[name]!;
  if (subject === 'fan-out') await worker.measure({ op: 'join-group', count, set: name });
  const samples: { readonly floorMs: number; readonly subjectMs: number }[] = [];
  for (let round = 0; round < WARM_UP_ROUNDS + rounds; round++) {
    const set = fresh ? `${name}-${round}` : name;
    const floorMs = await worker.measure({ op: floor, count: floorCount, set });
    const subjectMs = await worker.measure({ op: subject, count, set });
    if (round >= WARM_UP_ROUNDS) samples.push({ floorMs, subjectMs });
  }
  const times = median(samples.map(({ floorMs, subjectMs }) => subjectMs / floorMs));
  const measured = 'leastRate' in target ? { rate: digits(1 / times) } : { times: digits(times) };
  return {
    floorMs: digits(median(samples.map(({ floorMs }) => floorMs))),
    blockMs: digits(median(samples.map(({ subjectMs }) => subjectMs))),
    ...measured,
    target,
    met: 'leastRate' in target ? 1 / times >= target.leastRate : times <= target.mostTimes,
  };
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[sorted.length >> 1] ?? Number.NaN;
}

function digits(value: number): number {
  return Math.round(value * 1_000) / 1_000;
}

async function measureAll(rounds: number) {
  const worker = await startBlockWorker();
  const figures: Record<string, object> = {};
  for (const name of Object.keys(FIGURES)) figures[name] = await measure(worker, name, rounds);
  await worker.stop();
  return { bench: 'blocks', rounds, figures };
}

const [what = '21'] = process.argv.slice(2);
const result = what === 'memory' ? await measureMemory() : await measureAll(Number(what));
console.log(JSON.stringify(result));

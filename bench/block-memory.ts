/**
 * What 10,000 blocks leave in memory once nobody has touched them for a minute, beside as many bare
 * objects of one row, each in a process of its own.
 *
 * Memory that was once needed is kept by the process, so what counts is how many objects were in memory
 * at once. Both runs make them in equal waves, each after the one before has left; the data lies in
 * memory where the system has a folder for that, since a slow disk would let the first of a wave leave
 * before the last is made. How many were there at most is told for both.
 *
 * @module
 */

import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { startBlockWorker } from './block-worker.ts';

const OBJECTS = 10_000;
/** At once in memory; with what else is there, fewer than 3,000. */
const WAVE = 2_500;
const BATCH = 250;
/** Each object in memory holds three files open. */
const FILES_EACH = 3;
/** Objects of the gateway itself, at most. */
const OTHERS = 50;
const LEFT_WITHIN_MS = 120_000;
const QUIET_MS = 60_000;
/** Without a look at open files: how long a wave takes to leave memory. */
const LEAVE_MS = 30_000;
const MEMORY_FOLDER = '/dev/shm';

const MIB = 1_048_576;
const MOST_MORE_BYTES = 32 * MIB;
const MOST_MORE_SHARE = 0.1;
/** Runs with fewer in memory at once than this share of the other's are not to be compared. */
const LEAST_ALIKE = 0.95;

export async function measureMemory() {
  if (existsSync(MEMORY_FOLDER)) process.env.BENCH_TMP ??= MEMORY_FOLDER;
  const bare = await measureOne('bare-first-insert');
  const blocks = await measureOne('spawn-parallel');
  const most = bare.afterBytes + Math.max(MOST_MORE_BYTES, bare.afterBytes * MOST_MORE_SHARE);
  return {
    bench: 'blocks-memory',
    objects: OBJECTS,
    bareMib: toMib(bare),
    blocksMib: toMib(blocks),
    ratio: Math.round((blocks.afterBytes / bare.afterBytes) * 1_000) / 1_000,
    targets: { moreMib: MOST_MORE_BYTES / MIB, orShare: MOST_MORE_SHARE },
    comparable: isAlike(bare, blocks),
    met: blocks.afterBytes <= most,
  };
}

interface Memory {
  readonly beforeBytes: number;
  readonly afterBytes: number;
  /** Absent where the system does not tell. */
  readonly mostResident?: number;
}

async function measureOne(op: string): Promise<Memory> {
  const worker = await startBlockWorker();
  let mostResident: number | undefined;
  try {
    await worker.measure({ op, count: 10, set: 'warm-up' });
    const beforeBytes = residentBytes(worker.pid);
    for (let made = 0; made < OBJECTS; made += BATCH) {
      if (made > 0 && made % WAVE === 0) await untilLeft(worker.pid);
      await worker.measure({ op, count: BATCH, set: `batch-${made}` });
      const resident = residentObjects(worker.pid);
      if (resident !== undefined) mostResident = Math.max(resident, mostResident ?? 0);
    }
    await sleep(QUIET_MS);
    const afterBytes = residentBytes(worker.pid);
    return { beforeBytes, afterBytes, ...(mostResident !== undefined && { mostResident }) };
  } finally {
    await worker.stop();
  }
}

async function untilLeft(pid: number): Promise<void> {
  for (const giveUpAt = Date.now() + LEFT_WITHIN_MS; Date.now() < giveUpAt; await sleep(500)) {
    const resident = residentObjects(pid);
    if (resident === undefined) return await sleep(LEAVE_MS);
    if (resident <= OTHERS) return;
  }
  throw new Error(`objects were still in memory after ${LEFT_WITHIN_MS / 1_000} s`);
}

/** About as many as that; where the system tells. */
function residentObjects(pid: number): number | undefined {
  try {
    return Math.floor(readdirSync(`/proc/${pid}/fd`).length / FILES_EACH);
  } catch {
    return undefined;
  }
}

function residentBytes(pid: number): number {
  return (
    Number(execFileSync('ps', ['-o', 'rss=', '-p', String(pid)], { encoding: 'utf8' })) * 1_024
  );
}

function isAlike(bare: Memory, blocks: Memory): boolean {
  const [less = 1, more = 1] = [bare.mostResident ?? 1, blocks.mostResident ?? 1].sort(
    (a, b) => a - b,
  );
  return less / more >= LEAST_ALIKE;
}

function toMib({ beforeBytes, afterBytes, ...rest }: Memory) {
  return { before: Math.round(beforeBytes / MIB), after: Math.round(afterBytes / MIB), ...rest };
}

/**
 * What 10,000 blocks leave in memory once nobody has touched them for a minute, beside as many bare
 * objects of one row, each in a process of its own.
 *
 * @module
 */

import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { startBlockWorker } from './block-worker.ts';

const OBJECTS = 10_000;
const BATCH = 250;
/** At once in memory; each of them holds three files open. */
const MOST_RESIDENT = 3_000;
const FILES_EACH = 3;
const QUIET_MS = 60_000;
/** Without a look at open files: how long a batch takes to leave memory. */
const LEAVE_MS = 4_000;

const MIB = 1_048_576;
const MOST_MORE_BYTES = 32 * MIB;
const MOST_MORE_SHARE = 0.1;

export async function measureMemory() {
  const bare = await measureOne('bare-first-insert');
  const blocks = await measureOne('spawn-parallel');
  const most = bare.afterBytes + Math.max(MOST_MORE_BYTES, bare.afterBytes * MOST_MORE_SHARE);
  return {
    bench: 'blocks-memory',
    objects: OBJECTS,
    mostResident: MOST_RESIDENT,
    bareMib: toMib(bare),
    blocksMib: toMib(blocks),
    targets: { moreMib: MOST_MORE_BYTES / MIB, orShare: MOST_MORE_SHARE },
    met: blocks.afterBytes <= most,
  };
}

interface Memory {
  readonly beforeBytes: number;
  readonly afterBytes: number;
}

async function measureOne(op: string): Promise<Memory> {
  const worker = await startBlockWorker();
  try {
    await worker.measure({ op, count: 10, set: 'warm-up' });
    const beforeBytes = residentBytes(worker.pid);
    for (let made = 0; made < OBJECTS; made += BATCH) {
      await untilRoom(worker.pid);
      await worker.measure({ op, count: BATCH, set: `batch-${made}` });
    }
    await sleep(QUIET_MS);
    return { beforeBytes, afterBytes: residentBytes(worker.pid) };
  } finally {
    await worker.stop();
  }
}

async function untilRoom(pid: number): Promise<void> {
  for (;;) {
    const files = openFiles(pid);
    if (files === undefined) return await sleep(LEAVE_MS);
    if (files / FILES_EACH + BATCH <= MOST_RESIDENT) return;
    await sleep(500);
  }
}

/** Where the system tells. */
function openFiles(pid: number): number | undefined {
  try {
    return readdirSync(`/proc/${pid}/fd`).length;
  } catch {
    return undefined;
  }
}

function residentBytes(pid: number): number {
  return (
    Number(execFileSync('ps', ['-o', 'rss=', '-p', String(pid)], { encoding: 'utf8' })) * 1_024
  );
}

function toMib({ beforeBytes, afterBytes }: Memory) {
  return { before: Math.round(beforeBytes / MIB), after: Math.round(afterBytes / MIB) };
}

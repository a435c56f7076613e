/**
 * Clock and chance of WASI preview 1: real if the run was granted them, else the same in every run.
 *
 * @module
 */

import { createDeterministicRandom } from './deterministic-random.ts';
import type { Guest } from './guest.ts';
import type { HostRun } from './host-run.ts';
import { toImports } from './wasi-imports.ts';
import { ERRNO, ITEM_FUEL, writeU32, writeU64 } from './wasi-memory.ts';

/** The instant at which a plugin without a clock begins: 2001-09-09T01:46:40Z, in ns. */
const FROZEN_NS = 1_000_000_000_000_000_000n;

const NS_PER_MS = 1_000_000n;

/** Realtime, monotonic, and the processor time of process and thread. */
const CLOCKS = 4;

/** Most that `random_get` fills at once, in bytes: the limit of `crypto.getRandomValues`. */
const MAX_RANDOM_BYTES = 65_536;

/** Most events that are waited for at once. */
const MAX_SUBSCRIPTIONS = 256;

/**
 * One clock for all four. It stands still while the plugin computes, but for one that was granted,
 * and goes forward when the plugin sleeps: nothing here can wait, so sleeping moves it on at once.
 */
class RunClock {
  #skippedNs = 0n;
  readonly #isReal: boolean;

  constructor(isReal: boolean) {
    this.#isReal = isReal;
  }

  get now(): bigint {
    return (this.#isReal ? BigInt(Date.now()) * NS_PER_MS : FROZEN_NS) + this.#skippedNs;
  }

  skip(ns: bigint): void {
    if (ns > 0n) this.#skippedNs += ns;
  }
}

export function ambientFunctions(run: HostRun): WebAssembly.ModuleImports {
  const { guest, job } = run;
  const clock = new RunClock(job.limits.clock);
  const fill = job.limits.randomness
    ? (bytes: Uint8Array) => crypto.getRandomValues(bytes)
    : createDeterministicRandom();
  return toImports(run, {
    clock_res_get: (id: number, resolution: number) => {
      if (id >>> 0 >= CLOCKS) return ERRNO.inval;
      writeU64(guest, resolution, NS_PER_MS);
      return ERRNO.success;
    },
    clock_time_get: (id: number, _precision: bigint, time: number) => {
      if (id >>> 0 >= CLOCKS) return ERRNO.inval;
      writeU64(guest, time, clock.now);
      return ERRNO.success;
    },
    random_get: (pointer: number, length: number) => {
      if (length >>> 0 > MAX_RANDOM_BYTES) return ERRNO.inval;
      guest.charge((length >>> 0) * 8);
      fill(guest.bytes(pointer, length));
      return ERRNO.success;
    },
    poll_oneoff: (from: number, to: number, count: number, events: number) => {
      const subscriptions = readSubscriptions(guest, from, count);
      if (subscriptions === undefined) return ERRNO.inval;
      const due = findDue(subscriptions, clock);
      for (const [index, event] of due.entries()) {
        writeEvent(guest, to + index * EVENT_BYTES, event);
      }
      writeU32(guest, events, due.length);
      return ERRNO.success;
    },
    sched_yield: () => ERRNO.success,
  });
}

const SUBSCRIPTION_BYTES = 48;
const EVENT_BYTES = 32;
/** `eventtype`; 1 and 2 are for reading and writing descriptors. */
const CLOCK_EVENT = 0;
const ABSOLUTE_TIME = 1;

interface Subscription {
  readonly userData: bigint;
  readonly kind: number;
  /** For clocks: when it is due. */
  readonly timeoutNs: bigint;
  readonly isAbsolute: boolean;
  /** For the others: of what. */
  readonly descriptor: number;
}

function readSubscriptions(
  guest: Guest,
  pointer: number,
  count: number,
): readonly Subscription[] | undefined {
  const total = count >>> 0;
  if (total === 0 || total > MAX_SUBSCRIPTIONS) return undefined;
  guest.charge(total * ITEM_FUEL);
  const view = guest.view(pointer, total * SUBSCRIPTION_BYTES);
  return Array.from({ length: total }, (_, index) => {
    const at = index * SUBSCRIPTION_BYTES;
    return {
      userData: view.getBigUint64(at, true),
      kind: view.getUint8(at + 8),
      descriptor: view.getUint32(at + 16, true),
      timeoutNs: view.getBigUint64(at + 24, true),
      isAbsolute: (view.getUint16(at + 40, true) & ABSOLUTE_TIME) !== 0,
    };
  });
}

interface PolledEvent {
  readonly userData: bigint;
  readonly kind: number;
  readonly errno: number;
}

/** What is ready at once, else the clocks that are due first, after they have been moved there. */
function findDue(all: readonly Subscription[], clock: RunClock): readonly PolledEvent[] {
  const descriptors = all.filter(({ kind }) => kind !== CLOCK_EVENT);
  if (descriptors.length > 0) {
    return descriptors.map(({ userData, kind, descriptor }) => {
      const isOpen = kind === 1 ? descriptor === 0 : descriptor === 1 || descriptor === 2;
      return { userData, kind, errno: isOpen ? ERRNO.success : ERRNO.badf };
    });
  }
  const now = clock.now;
  const waits = all.map(({ timeoutNs, isAbsolute }) => (isAbsolute ? timeoutNs - now : timeoutNs));
  const shortest = waits.reduce((least, wait) => (wait < least ? wait : least));
  clock.skip(shortest);
  return all
    .filter((_, index) => (waits[index] ?? 0n) <= (shortest > 0n ? shortest : 0n))
    .map(({ userData, kind }) => ({ userData, kind, errno: ERRNO.success }));
}

function writeEvent(guest: Guest, pointer: number, { userData, kind, errno }: PolledEvent): void {
  const view = guest.view(pointer, EVENT_BYTES);
  for (let word = 0; word < EVENT_BYTES; word += 8) view.setBigUint64(word, 0n, true);
  view.setBigUint64(0, userData, true);
  view.setUint16(8, errno, true);
  view.setUint8(10, kind);
}

/**
 * Starts bubblewrap for one order, up to the gate: everything is in place and holds, and the
 * plugin's first instruction has not run.
 *
 * @module
 */

import { type ChildProcess, spawn } from 'node:child_process';
import type { Server } from 'node:net';
import type { Duplex, Readable, Writable } from 'node:stream';
import { Fault } from '../../../core/errors/fault.ts';
import type { SandboxOrder } from '../../sandbox.ts';
import { awaitReport } from '../await-report.ts';
import type { Cgroup } from '../cgroup/cgroup.ts';
import { ownerName } from '../owner-name.ts';
import { type Started, startChild } from '../start-child.ts';
import {
  bwrapOptions,
  type SandboxLayout,
  type SecretMount,
  type SystemPart,
} from './bwrap-options.ts';
import { NETWORK_OPTIONS, openDoorIn } from './egress-door.ts';
import { DESCRIPTORS, expectedReport, GO, waitAtGate } from './gate.ts';
import { pinMounts } from './pin-mounts.ts';
import { BWRAP } from './probe-bubblewrap.ts';

/** What does not depend on the order alone. */
export interface LaunchPlan {
  readonly order: SandboxOrder;
  readonly system: readonly SystemPart[];
  readonly environment: Readonly<Record<string, string>>;
  readonly filter: Uint8Array;
  readonly ulimits: readonly (readonly [flag: string, value: number])[];
  readonly group: Cgroup | undefined;
  /** Whom it runs as on the host; absent: as the executor. */
  readonly uid: number | undefined;
}

/** A sandbox that waits at its gate. */
export interface Launched {
  readonly child: ChildProcess;
  readonly stdin: Writable;
  readonly stdout: Readable;
  readonly stderr: Readable;
  /** Its way out, to be closed when it has ended. */
  readonly door: Server | undefined;
  /** Lets the plugin run. */
  open(): void;
}

const WORDS = {
  what: 'a sandbox',
  needs: { start: 'bubblewrap must run', report: 'bubblewrap must be able to set it up' },
} as const;

/** @throws Fault `tier_unavailable`; then nothing of it runs any more. */
export async function launch(plan: LaunchPlan): Promise<Launched> {
  const { child, streams, sendOptions } = spawnBubblewrap(plan);
  const [stdin, stdout, stderr, , , gate] = streams;
  let door: Server | undefined;
  try {
    sendOptions();
    const lines = plan.ulimits.length;
    const report = await awaitReport({ child, stderr, reports: gate, lines, ...WORDS });
    if (report !== expectedReport(plan.ulimits)) {
      throw new Fault('tier_unavailable', 'Cannot start a sandbox: its limits must hold');
    }
    const { egress } = plan.order;
    if (egress !== undefined) door = await openDoorIn(child.pid!, egress.path);
    requireAlive(child);
    plan.order.willRun();
  } catch (error) {
    door?.close();
    child.kill('SIGKILL');
    throw error;
  }
  return { child, stdin, stdout, stderr, door, open: () => void gate.end(GO) };
}

/** What ends at its gate has run nothing, and its streams may be over before anybody reads them. */
function requireAlive({ exitCode, signalCode }: ChildProcess): void {
  if (exitCode === null && signalCode === null) return;
  throw new Fault('tier_unavailable', 'Cannot start a sandbox: it must wait for its program');
}

interface Spawned extends Started<Streams> {
  /** Bubblewrap starts nothing before it has them. */
  sendOptions(): void;
}

function spawnBubblewrap(plan: LaunchPlan): Spawned {
  const { order, uid, group } = plan;
  const pinned = pinMounts(order, DESCRIPTORS.firstMount);
  const firstSecret = DESCRIPTORS.firstMount + pinned.pins.length;
  const secrets = order.secretFiles.map(
    ({ name }, index): SecretMount => ({ name, descriptor: firstSecret + index }),
  );
  const [program, ...args] = commandOf(plan);
  const stdio: (number | 'pipe' | 'ignore')[] = [
    ...(['pipe', 'pipe', 'pipe', 'pipe', 'pipe', 'pipe'] as const),
    order.egress === undefined ? 'ignore' : 'pipe',
    ...pinned.pins,
    ...secrets.map(() => 'pipe' as const),
  ];
  try {
    const start = () =>
      spawn(program, args, {
        cwd: '/',
        // What bubblewrap has in its own environment, its processes could read.
        env: {},
        stdio,
        ...(uid === undefined ? {} : { uid, gid: uid }),
      });
    const started = startChild<Streams>(WORDS.what, stdio, () => group?.start(start) ?? start());
    const { streams } = started;
    return {
      ...started,
      sendOptions: () => sendAll(streams, plan, { mounts: pinned.mounts, secrets }),
    };
  } finally {
    pinned.close();
  }
}

function sendAll(
  streams: Streams,
  { order, system, environment, filter }: LaunchPlan,
  { mounts, secrets }: Pick<SandboxLayout, 'mounts' | 'secrets'>,
): void {
  const send = (descriptor: number, data: string | Uint8Array) =>
    (streams[descriptor] as Writable).end(data);
  const network = order.egress === undefined ? 'none' : 'given';
  const privateBytes = order.limits.diskBytes;
  const layout = { system, mounts, secrets, environment, network, privateBytes } as const;
  if (network === 'given') send(DESCRIPTORS.networkOptions, NETWORK_OPTIONS);
  send(DESCRIPTORS.filter, filter);
  send(DESCRIPTORS.options, bwrapOptions(layout));
  for (const [index, { descriptor }] of secrets.entries()) {
    send(descriptor, order.secretFiles[index]!.bytes);
  }
}

function commandOf({ order, ulimits }: LaunchPlan): readonly [string, ...string[]] {
  const { filter, options, networkOptions } = DESCRIPTORS;
  const mark = `${ownerName()}-${order.id}`;
  const inside = waitAtGate(mark, ulimits, order.argv);
  const confine = ['--seccomp', String(filter), '--args', String(options), '--', ...inside];
  return order.egress === undefined
    ? [BWRAP, ...confine]
    : [BWRAP, '--args', String(networkOptions), '--', BWRAP, ...confine];
}

type Streams = readonly [Writable, Readable, Readable, Duplex, Duplex, Duplex, ...Duplex[]];

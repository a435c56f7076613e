/**
 * Starts what a job runs, in a sandbox of its tier with a way out of its own.
 *
 * @module
 */

import { randomBytes } from 'node:crypto';
import type { ExecutorLimits } from '../core/manifest/executor-limits.ts';
import { DEFAULT_EGRESS_LIMITS } from './egress-proxy/egress-order.ts';
import type { EgressProxy } from './egress-proxy/egress-proxy.ts';
import type { EgressReport } from './egress-proxy/egress-report.ts';
import type { Access } from './plan-access.ts';
import type { LocalPlugin } from './plugin-catalogue.ts';
import type { RunningSandbox, Sandbox, SandboxOrder } from './sandbox.ts';
import type { SandboxLimits } from './sandbox-limits.ts';

/** The tiers of this machine; one that is absent cannot be had here. */
export interface Tiers {
  readonly process?: Sandbox;
  readonly container?: Sandbox;
}

export interface ProgramOrder {
  readonly plugin: LocalPlugin;
  readonly command: readonly string[];
  readonly access: Access;
  readonly limits: ExecutorLimits;
}

export interface RunningProgram extends RunningSandbox {
  /** Closes the way out, after the end; nothing if there was none. */
  readonly closeNetwork: () => Promise<EgressReport | undefined>;
}

export type StartProgram = (order: ProgramOrder) => Promise<RunningProgram>;

const ID_BYTES = 12;

/** @throws Fault `tier_unavailable` when the machine cannot hold to the order; nothing has run. */
export function createStarter(tiers: Tiers, proxy: EgressProxy): StartProgram {
  return async (order) => {
    const id = `job-${randomBytes(ID_BYTES).toString('hex')}`;
    const { network } = order.access;
    const limits = DEFAULT_EGRESS_LIMITS;
    const egress =
      network.allow.length === 0
        ? undefined
        : await proxy.open({ id, rules: network, limits, secrets: [] });
    const closeNetwork = async () => egress?.close();
    try {
      const sandbox = tiers[order.plugin.tier];
      if (sandbox === undefined) throw new TypeError('Cannot start: the tier must be there');
      const running = await sandbox.start(toSandboxOrder(id, order, egress));
      return Object.assign(running, { closeNetwork });
    } catch (thrown) {
      await closeNetwork();
      throw thrown;
    }
  };
}

function toSandboxOrder(
  id: string,
  { plugin, command, access, limits }: ProgramOrder,
  egress: { readonly path: string } | undefined,
): SandboxOrder {
  return {
    id,
    // What a container needs is in its image.
    ...(plugin.image === undefined
      ? { argv: onThisMachine(command), plugin: plugin.folder }
      : { argv: command, image: plugin.image }),
    reads: access.reads,
    writes: access.writes,
    ...(egress && { egress: { path: egress.path } }),
    // A program that holds a secret could send it anywhere.
    secretFiles: [],
    environment: {},
    limits: toSandboxLimits(limits),
  };
}

/** `node` is the Node that runs the executor; another bare name is a program of the system. */
function onThisMachine([program = '', ...rest]: readonly string[]): readonly string[] {
  if (program === 'node') return [process.execPath, ...rest];
  return [program.includes('/') ? program : `/usr/bin/${program}`, ...rest];
}

function toSandboxLimits({ timeoutMs, ...rest }: ExecutorLimits): SandboxLimits {
  return { wallMs: timeoutMs, ...rest };
}

/**
 * Starts what a job runs, in a sandbox of its tier with a way out of its own.
 *
 * @module
 */

import { randomBytes } from 'node:crypto';
import { Fault } from '../core/errors/fault.ts';
import type { ExecutorLimits } from '../core/manifest/executor-limits.ts';
import { DEFAULT_EGRESS_LIMITS, type EgressOrder } from './egress-proxy/egress-order.ts';
import type { EgressProxy, EgressSocket } from './egress-proxy/egress-proxy.ts';
import type { EgressReport } from './egress-proxy/egress-report.ts';
import type { GivenSecret } from './given-secret.ts';
import { type PlacedSecrets, placeSecrets } from './place-secrets.ts';
import type { Access } from './plan-access.ts';
import { isAsRead, type LocalPlugin } from './plugin-catalogue.ts';
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
  readonly secrets: readonly GivenSecret[];
  /** As of a job. */
  readonly willRun: () => void;
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
    await requireAsRead(order.plugin);
    const id = `job-${randomBytes(ID_BYTES).toString('hex')}`;
    const placed = placeSecrets(order.secrets, order.access.network);
    const { network: rules, injections: secrets } = placed;
    const limits = DEFAULT_EGRESS_LIMITS;
    const way = { id, rules, limits, secrets };
    const egress = rules.allow.length === 0 ? undefined : await openOrRefuse(proxy, way);
    const closeNetwork = async () => egress?.close();
    try {
      const sandbox = tiers[order.plugin.tier];
      if (sandbox === undefined) throw new TypeError('Cannot start: the tier must be there');
      const running = await sandbox.start(toSandboxOrder(id, order, { egress, placed }));
      return Object.assign(running, { closeNetwork });
    } catch (thrown) {
      await closeNetwork();
      throw thrown;
    }
  };
}

async function openOrRefuse(proxy: EgressProxy, order: EgressOrder): Promise<EgressSocket> {
  return await proxy.open(order).catch((cause) => {
    throw new Fault('tier_unavailable', 'Cannot open a way out: its socket must be made', {
      cause,
    });
  });
}

/** What a container needs is in its image, which its driver holds to its digest. */
async function requireAsRead(plugin: LocalPlugin): Promise<void> {
  if (plugin.image !== undefined || (await isAsRead(plugin))) return;
  const must = 'its files must be those that it was read with; start the executor again';
  throw new Fault('tier_unavailable', `Cannot start plugin "${plugin.name}": ${must}`);
}

interface Surroundings {
  readonly egress: { readonly path: string } | undefined;
  readonly placed: PlacedSecrets;
}

function toSandboxOrder(
  id: string,
  { plugin, command, access, limits, willRun }: ProgramOrder,
  { egress, placed }: Surroundings,
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
    secretFiles: placed.files,
    environment: {},
    limits: toSandboxLimits(limits),
    willRun,
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

/**
 * What an engine says of itself, and what can be promised of it on this machine.
 *
 * @module
 */

import { z } from 'zod';
import type { LimitFact, SandboxFacts } from '../../sandbox-facts.ts';
import { PLUGIN_USER } from '../plugin-user.ts';
import type { EngineClient } from './engine-client.ts';
import { isGvisor } from './held-limits.ts';

export interface EngineDescription {
  readonly name: 'Podman' | 'Docker';
  readonly version: string;
  readonly isRootless: boolean;
  /** Whether it maps the users of every container to users without rights. */
  readonly hasOwnUsers: boolean;
  /** Of control groups, as far as it says. */
  readonly groups: string | undefined;
}

const VERSION = z.object({
  Version: z.string(),
  Components: z.array(z.object({ Name: z.string() })).optional(),
});

const INFO = z.object({
  SecurityOptions: z.array(z.string()).nullish(),
  CgroupVersion: z.string().nullish(),
  /** Podman's way to say it; Docker lists it as a security option. */
  Rootless: z.boolean().nullish(),
});

/** Nothing if no engine answers. */
export async function describeEngine(client: EngineClient): Promise<EngineDescription | undefined> {
  const ask = (path: string) => client.ask({ method: 'GET', path }).catch(() => undefined);
  const version = VERSION.safeParse(await ask('/version'));
  const info = INFO.safeParse(await ask('/info'));
  if (!version.success || !info.success) return undefined;
  const { Version, Components = [] } = version.data;
  const { SecurityOptions, CgroupVersion, Rootless } = info.data;
  const has = (option: string) => SecurityOptions?.includes(`name=${option}`) === true;
  const isRootless = Rootless === true || has('rootless');
  return {
    name: Components.some(({ Name }) => Name.startsWith('Podman')) ? 'Podman' : 'Docker',
    version: Version,
    isRootless,
    hasOwnUsers: isRootless || has('userns'),
    groups: CgroupVersion ?? undefined,
  };
}

export interface FactsQuery {
  readonly runtime: string | undefined;
  readonly acceptsHostUsers: boolean;
  /** Whether the executor is root. */
  readonly isRoot: boolean;
}

export function engineFacts(engine: EngineDescription, query: FactsQuery): SandboxFacts {
  const { name, version } = engine;
  const { runtime } = query;
  const all = (by: string): LimitFact => ({ holds: 'sandbox', by });
  return {
    engine: `${name} ${version}${runtime === undefined ? '' : ` with ${runtime}`}`,
    runsAs: `uid ${PLUGIN_USER} of the container`,
    limits: {
      wallMs: all('timer of the executor'),
      cpuMs: { holds: 'watched', by: 'cgroup cpu' },
      memoryBytes: all('cgroup memory, read back for each container'),
      processes: all(
        isGvisor(runtime)
          ? 'cgroup pids of the threads that gVisor takes for them, read back for each container'
          : 'cgroup pids, read back for each container',
      ),
      fileBytes: { holds: 'process', by: 'RLIMIT_FSIZE' },
      openFiles: { holds: 'process', by: 'RLIMIT_NOFILE' },
      diskBytes: all('size of each folder in memory that it can write'),
      outputBytes: all('reader of its output'),
    },
    warnings: [...warn(engine, query)],
  };
}

const ACCEPTED = 'Containers are mapped to users of this machine: run Podman without root';
const HOST_USERS =
  'Orders are refused unless the engine maps its users: run Podman without root or with "userns = auto", Docker with "userns-remap"';
const OWN_NETWORK = 'Orders with egress are refused: gVisor has a network of its own';
const NO_EGRESS =
  'Orders with egress are refused: the executor must be root, or the engine run without root as the same user';

function* warn(engine: EngineDescription, query: FactsQuery): Iterable<string> {
  const { runtime, acceptsHostUsers, isRoot } = query;
  if (acceptsHostUsers) yield ACCEPTED;
  else if (!engine.hasOwnUsers && !isGvisor(runtime)) yield HOST_USERS;
  if (isGvisor(runtime)) yield OWN_NETWORK;
  else if (!isRoot && !engine.isRootless) yield NO_EGRESS;
}

/**
 * The process tier on Linux: one bubblewrap, one control group and one host account a sandbox.
 *
 * @module
 */

import { PROXY_ENVIRONMENT } from '../../egress-proxy/proxy-environment.ts';
import type { RunningSandbox, Sandbox, SandboxOrder } from '../../sandbox.ts';
import type { SandboxFacts } from '../../sandbox-facts.ts';
import type { Cgroup } from '../cgroup/cgroup.ts';
import type { CgroupTree } from '../cgroup/cgroup-tree.ts';
import { findOrderProblem, refuseOrder } from '../check-order.ts';
import { sweepLeftovers } from '../leftovers.ts';
import type { NetworkUse } from '../seccomp/plugin-filter.ts';
import { OWN_PROCESSES, type ShellDialect, ulimits } from '../shell-limits.ts';
import { supervise } from '../supervise.ts';
import type { UidPool } from '../uid-pool.ts';
import { MAX_ENTRIES, WriteWatch } from '../write-watch.ts';
import type { SystemPart } from './bwrap-options.ts';
import { type Launched, launch } from './launch.ts';

/** What was found out about this machine. */
export interface BubblewrapHost {
  readonly facts: SandboxFacts;
  readonly system: readonly SystemPart[];
  readonly filters: Readonly<Record<NetworkUse, Uint8Array>>;
  readonly dialect: ShellDialect;
  /** Absent where control groups are not writable: the kernel then holds less, see `facts`. */
  readonly cgroups: CgroupTree | undefined;
  /** Present when the executor runs as root. */
  readonly uids: UidPool | undefined;
}

/** What one sandbox holds of the machine while it lives. */
interface Holding {
  readonly group: Cgroup | undefined;
  readonly uid: number | undefined;
}

/** All that is needed to let a program run. */
interface Ready {
  readonly order: SandboxOrder;
  readonly holding: Holding;
  readonly launched: Launched;
  readonly writeWatch: WriteWatch | undefined;
}

export class BubblewrapSandbox implements Sandbox {
  readonly #host: BubblewrapHost;

  constructor(host: BubblewrapHost) {
    this.#host = host;
  }

  get facts(): SandboxFacts {
    return this.#host.facts;
  }

  async sweep(): Promise<void> {
    sweepLeftovers();
    await this.#host.cgroups?.sweep();
  }

  async start(order: SandboxOrder): Promise<RunningSandbox> {
    const problem = findOrderProblem(order);
    if (problem !== undefined) throw refuseOrder(problem);
    const holding = this.#hold(order);
    try {
      const writeWatch = watchOver(order);
      const launched = await this.#launch(order, holding);
      return this.#run({ order, holding, launched, writeWatch });
    } catch (error) {
      await holding.group?.empty();
      this.#letGo(holding);
      throw error;
    }
  }

  #launch(order: SandboxOrder, { group, uid }: Holding): Promise<Launched> {
    const { system, filters, dialect } = this.#host;
    const hasGroup = group !== undefined;
    const [program = ''] = order.argv;
    return launch({
      order,
      system,
      environment: environmentOf(order),
      filter: filters[networkOf(order)],
      ulimits: ulimits({ ...order.limits, hasGroup, program }, dialect),
      group,
      uid,
    });
  }

  #run({ order, holding, launched, writeWatch }: Ready): RunningSandbox {
    const { child, stdin, stdout, stderr, door } = launched;
    const { group } = holding;
    const supervision = supervise({ child, limits: order.limits, group, writeWatch });
    launched.open();
    return {
      stdin,
      stdout,
      stderr,
      ended: supervision.ended.finally(() => {
        door?.close();
        this.#letGo(holding);
      }),
      kill: supervision.kill,
    };
  }

  #hold(order: SandboxOrder): Holding {
    const { cgroups, uids } = this.#host;
    const uid = uids?.take();
    if (uids !== undefined && uid === undefined) throw refuseOrder('an account must be free');
    const { memoryBytes, processes } = order.limits;
    try {
      const limits = {
        memoryBytes,
        processes: processes + OWN_PROCESSES[networkOf(order)],
      };
      return { uid, group: cgroups?.create(order.id, limits) };
    } catch (error) {
      this.#letGo({ uid, group: undefined });
      throw error;
    }
  }

  #letGo({ group, uid }: Holding): void {
    if (group !== undefined) this.#host.cgroups?.remove(group);
    if (uid !== undefined) this.#host.uids?.giveBack(uid);
  }
}

/** @throws Fault `tier_unavailable` when a folder cannot be watched. */
function watchOver({ writes, limits }: SandboxOrder): WriteWatch | undefined {
  if (writes.length === 0) return undefined;
  try {
    return new WriteWatch(writes, { bytes: limits.diskBytes, entries: MAX_ENTRIES }, Date.now());
  } catch (cause) {
    throw refuseOrder('its paths must exist', { cause });
  }
}

function networkOf({ egress }: SandboxOrder): NetworkUse {
  return egress === undefined ? 'none' : 'tcp';
}

function environmentOf({ environment, egress }: SandboxOrder): Readonly<Record<string, string>> {
  return {
    PATH: '/usr/bin:/bin',
    HOME: '/job',
    TMPDIR: '/tmp',
    LANG: 'C.UTF-8',
    ...(egress === undefined ? {} : PROXY_ENVIRONMENT),
    ...environment,
  };
}

/**
 * The container tier by an engine, Docker or Podman, on this machine.
 *
 * @module
 */

import type { Server } from 'node:net';
import { basename } from 'node:path';
import { z } from 'zod';
import { Fault } from '../../../core/errors/fault.ts';
import { PROXY_ENVIRONMENT } from '../../egress-proxy/proxy-environment.ts';
import type { PinnedImage } from '../../pinned-image.ts';
import type { Cgroup } from '../../process-sandbox/cgroup/cgroup.ts';
import { refuseOrder } from '../../process-sandbox/check-order.ts';
import { isOwnerAlive } from '../../process-sandbox/owner-name.ts';
import type { NetworkUse } from '../../process-sandbox/seccomp/plugin-filter.ts';
import { supervise } from '../../process-sandbox/supervise.ts';
import type { RunningSandbox, Sandbox, SandboxEnd, SandboxOrder } from '../../sandbox.ts';
import { SECRETS_FOLDER } from '../../sandbox.ts';
import type { SandboxFacts } from '../../sandbox-facts.ts';
import type { FileTree } from '../files/file-tree.ts';
import { GrantedFiles } from '../granted-files.ts';
import { requireRunnable } from '../require-runnable.ts';
import { OWNER_LABEL, writeContainerBody } from './container-body.ts';
import { findContainerGroup, hasOwnUsers, watchedGroup } from './container-group.ts';
import { openContainerDoor, requireNoNetwork } from './container-network.ts';
import type { EngineClient } from './engine-client.ts';
import { EngineContainer } from './engine-container.ts';
import { EngineProcess } from './engine-process.ts';
import { heldLimits } from './held-limits.ts';

export interface EngineParts {
  readonly client: EngineClient;
  /** The values of `seccomp=`. */
  readonly seccomp: Readonly<Record<NetworkUse, string>>;
  readonly runtime: string | undefined;
  /** Whether a user of a container may be the user of this machine with the same number. */
  readonly acceptsHostUsers: boolean;
  readonly facts: SandboxFacts;
}

const IMAGE = z.object({ Id: z.string(), RepoDigests: z.array(z.string()).nullish() });
const LISTED = z.array(z.object({ Id: z.string(), Labels: z.record(z.string(), z.string()) }));

export class EngineSandbox implements Sandbox {
  readonly #parts: EngineParts;
  /** Under way, by their question. */
  readonly #pulls = new Map<string, Promise<unknown>>();

  constructor(parts: EngineParts) {
    this.#parts = parts;
  }

  get facts(): SandboxFacts {
    return this.#parts.facts;
  }

  async sweep(): Promise<void> {
    const client = this.#parts.client.together();
    const filters = encodeURIComponent(JSON.stringify({ label: [OWNER_LABEL] }));
    const path = `/containers/json?all=true&filters=${filters}`;
    const listed = LISTED.parse(await client.ask({ method: 'GET', path }));
    for (const { Id, Labels } of listed) {
      if (isOwnerAlive(Labels[OWNER_LABEL] ?? '') === false) {
        await client.ask({ method: 'DELETE', path: `/containers/${Id}?force=true&v=true` });
      }
    }
  }

  async start(order: SandboxOrder): Promise<RunningSandbox> {
    requireRunnable(order);
    const files = GrantedFiles.read(order);
    const { runtime } = this.#parts;
    const client = this.#parts.client.together();
    const seccomp = this.#parts.seccomp[order.egress === undefined ? 'none' : 'tcp'];
    const image = await this.#findImage(client, order.image);
    const folders = files.folders.map(({ path }) => path);
    const body = writeContainerBody(order, { image, folders, seccomp, runtime });
    const container = await EngineContainer.create(client, `sallyport-${order.id}`, body);
    try {
      return await this.#run(order, container, files);
    } catch (error) {
      const removed = container.remove().catch(() => undefined); // it is tried again
      if (!client.isOver) await removed; // an engine that hangs has had its time
      throw error;
    }
  }

  async #run(
    order: SandboxOrder,
    container: EngineContainer,
    files: GrantedFiles,
  ): Promise<RunningSandbox> {
    // Whatever goes wrong before its program is started, nothing has run.
    const { group, door } = await this.#setUp(order, container, files).catch((cause) => {
      throw cause instanceof Fault && cause.code === 'tier_unavailable'
        ? cause
        : failToStart(cause);
    });
    try {
      return await startIn({ order, container, files, group, door });
    } catch (error) {
      door?.close();
      await group.empty().catch(() => undefined); // it may have begun, and its engine be lost
      throw error;
    }
  }

  async #setUp(
    { limits, egress, secretFiles, willRun }: SandboxOrder,
    container: EngineContainer,
    files: GrantedFiles,
  ): Promise<Pick<ReadyContainer, 'group' | 'door'>> {
    const { pid, runtime } = await container.start();
    this.#requireRuntime(runtime);
    const group = findContainerGroup(pid, heldLimits(limits, this.#parts.runtime));
    requireNoNetwork(pid);
    if (!this.#parts.acceptsHostUsers && !hasOwnUsers(pid)) {
      throw refuseOrder('the engine must map its users to users without rights');
    }
    for (const { path, tree } of files.folders) await container.put(path, tree);
    await container.putSecrets(SECRETS_FOLDER, secretFiles);
    willRun();
    return { group, door: egress && (await openContainerDoor(container, pid, egress.path)) };
  }

  /** Podman 4 accepts a runtime and uses its own. */
  #requireRuntime(actual: string | undefined): void {
    const { runtime } = this.#parts;
    if (runtime !== undefined && basename(actual ?? '') !== basename(runtime)) {
      throw refuseOrder(
        `"${runtime}" must run it (Podman: start its service with "--runtime ${runtime}")`,
      );
    }
  }

  /** The engine's own name for exactly this image; pulled if the engine does not have it. */
  async #findImage(client: EngineClient, image: PinnedImage | undefined): Promise<string> {
    if (image === undefined) throw refuseOrder('its image must be named');
    const { repository, digest } = image;
    const reference = `${repository}@${digest}`;
    const path = `/images/${encodeURIComponent(reference)}/json`;
    let found = await client.ask({ method: 'GET', path });
    if (found === undefined) {
      await this.#pull(client, image);
      found = await client.ask({ method: 'GET', path });
    }
    const parsed = IMAGE.safeParse(found);
    if (!parsed.success) throw refuseOrder('the engine must have its image, or be able to pull it');
    const isPinned = parsed.data.RepoDigests?.some((name) => name.endsWith(`@${digest}`)) === true;
    if (!isPinned) throw refuseOrder('its image must be the pinned one');
    return parsed.data.Id;
  }

  /** Calls that come at once wait for one pull: Podman would bring the same layers once for each. */
  #pull(client: EngineClient, { repository, digest }: PinnedImage): Promise<unknown> {
    const query = `fromImage=${encodeURIComponent(repository)}&tag=${encodeURIComponent(digest)}`;
    const path = `/images/create?${query}`;
    const pull =
      this.#pulls.get(path) ??
      client.ask({ method: 'POST', path }).finally(() => this.#pulls.delete(path));
    this.#pulls.set(path, pull);
    return pull;
  }
}

function failToStart(cause: unknown): Fault {
  const problem = 'Cannot start a container: its engine must do as it is asked';
  return new Fault('tier_unavailable', problem, { cause });
}

interface ReadyContainer {
  readonly order: SandboxOrder;
  readonly container: EngineContainer;
  readonly files: GrantedFiles;
  readonly group: Cgroup;
  readonly door: Server | undefined;
}

async function startIn(ready: ReadyContainer): Promise<RunningSandbox> {
  const { order, container, files, group, door } = ready;
  const program = await container.run(order.argv, writeEnvironment(order));
  let isRefused = false;
  const child = new EngineProcess(container, program, async () => {
    isRefused = !(await takeBack(container, files));
  });
  const { limits } = order;
  const watched = watchedGroup(group, container);
  const supervision = supervise({ child, limits, group: watched, writeWatch: undefined });
  const ended = supervision.ended
    .finally(() => door?.close())
    .then((end): SandboxEnd => (isRefused ? { ...end, exitCode: undefined, limit: 'disk' } : end));
  ended.finally(() => container.remove()).catch(() => undefined);
  const { stdin, stdout, stderr } = program;
  return { stdin, stdout, stderr, ended, kill: supervision.kill };
}

/** On top of the image's own. */
function writeEnvironment({ egress, environment }: SandboxOrder): readonly string[] {
  const variables = {
    ...{ HOME: '/tmp', TMPDIR: '/tmp', LANG: 'C.UTF-8' },
    ...(egress !== undefined && PROXY_ENVIRONMENT),
    ...environment,
  };
  return Object.entries(variables).map(([name, value]) => `${name}=${value}`);
}

/** Whether everything that was written could be taken back. If not, nothing is: half a result is none. */
async function takeBack(container: EngineContainer, files: GrantedFiles): Promise<boolean> {
  try {
    const trees: FileTree[] = [];
    for (const { path } of files.folders) trees.push(await container.take(path, files.bounds));
    for (const [at, folder] of files.folders.entries()) files.writeBack(folder, trees[at] ?? []);
    return true;
  } catch {
    return false;
  }
}

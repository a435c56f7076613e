/**
 * The container tier by an engine, Docker or Podman, on this machine.
 *
 * @module
 */

import { z } from 'zod';
import type { PinnedImage } from '../../pinned-image.ts';
import { refuseOrder } from '../../process-sandbox/check-order.ts';
import { isOwnerAlive } from '../../process-sandbox/owner-name.ts';
import { supervise } from '../../process-sandbox/supervise.ts';
import type { RunningSandbox, Sandbox, SandboxEnd, SandboxOrder } from '../../sandbox.ts';
import { SECRETS_FOLDER } from '../../sandbox.ts';
import type { SandboxFacts } from '../../sandbox-facts.ts';
import { GrantedFiles } from '../granted-files.ts';
import { requireRunnable } from '../require-runnable.ts';
import { OWNER_LABEL, writeContainerBody } from './container-body.ts';
import { findContainerGroup, hasOwnUsers } from './container-group.ts';
import type { EngineClient } from './engine-client.ts';
import { EngineContainer } from './engine-container.ts';
import { EngineProcess } from './engine-process.ts';

export interface EngineParts {
  readonly client: EngineClient;
  /** The value of `seccomp=` for programs without a network. */
  readonly seccomp: string;
  readonly runtime: string | undefined;
  /** Whether a user of a container may be the user of this machine with the same number. */
  readonly acceptsHostUsers: boolean;
  readonly facts: SandboxFacts;
}

const IMAGE = z.object({ Id: z.string(), RepoDigests: z.array(z.string()).nullish() });
const LISTED = z.array(z.object({ Id: z.string(), Labels: z.record(z.string(), z.string()) }));

export class EngineSandbox implements Sandbox {
  readonly #parts: EngineParts;

  constructor(parts: EngineParts) {
    this.#parts = parts;
  }

  get facts(): SandboxFacts {
    return this.#parts.facts;
  }

  async sweep(): Promise<void> {
    const { client } = this.#parts;
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
    if (order.egress !== undefined) {
      throw refuseOrder('only the bundle driver leads out to the proxy');
    }
    const files = GrantedFiles.read(order);
    const { client, seccomp, runtime } = this.#parts;
    const image = await this.#findImage(order.image);
    const folders = files.folders.map(({ path }) => path);
    const body = writeContainerBody(order, { image, folders, seccomp, runtime });
    const container = await EngineContainer.create(client, `sallyport-${order.id}`, body);
    try {
      return await this.#run(order, container, files);
    } catch (error) {
      await container.remove();
      throw error;
    }
  }

  async #run(
    order: SandboxOrder,
    container: EngineContainer,
    files: GrantedFiles,
  ): Promise<RunningSandbox> {
    const pid = await container.start();
    const { limits } = order;
    const group = findContainerGroup(pid, limits);
    if (!this.#parts.acceptsHostUsers && !hasOwnUsers(pid)) {
      throw refuseOrder('the engine must map its users to users without rights');
    }
    for (const { path, tree } of files.folders) await container.put(path, tree);
    await container.putSecrets(SECRETS_FOLDER, order.secretFiles);

    const variables = { HOME: '/tmp', TMPDIR: '/tmp', LANG: 'C.UTF-8', ...order.environment };
    const environment = Object.entries(variables).map(([name, value]) => `${name}=${value}`);
    const program = await container.run(order.argv, environment);
    let isRefused = false;
    const child = new EngineProcess(container, program, async () => {
      isRefused = !(await takeBack(container, files));
    });
    const supervision = supervise({ child, limits, group, writeWatch: undefined });
    const ended = supervision.ended.then(
      (end): SandboxEnd => (isRefused ? { ...end, exitCode: undefined, limit: 'disk' } : end),
    );
    ended.then(() => container.remove()).catch(() => undefined);
    const { stdin, stdout, stderr } = program;
    return { stdin, stdout, stderr, ended, kill: supervision.kill };
  }

  /** The engine's own name for exactly this image; pulled if the engine does not have it. */
  async #findImage(image: PinnedImage | undefined): Promise<string> {
    if (image === undefined) throw refuseOrder('its image must be named');
    const { repository, digest } = image;
    const reference = `${repository}@${digest}`;
    const { client } = this.#parts;
    const path = `/images/${encodeURIComponent(reference)}/json`;
    let found = await client.ask({ method: 'GET', path });
    if (found === undefined) {
      const query = `fromImage=${encodeURIComponent(repository)}&tag=${encodeURIComponent(digest)}`;
      await client.ask({ method: 'POST', path: `/images/create?${query}` });
      found = await client.ask({ method: 'GET', path });
    }
    const parsed = IMAGE.safeParse(found);
    if (!parsed.success) throw refuseOrder('the engine must have its image, or be able to pull it');
    const isPinned = parsed.data.RepoDigests?.some((name) => name.endsWith(`@${digest}`)) === true;
    if (!isPinned) throw refuseOrder('its image must be the pinned one');
    return parsed.data.Id;
  }
}

/** Whether everything that was written could be taken back. */
async function takeBack(container: EngineContainer, files: GrantedFiles): Promise<boolean> {
  try {
    for (const folder of files.folders) {
      files.writeBack(folder, await container.take(folder.path, files.bounds));
    }
    return true;
  } catch {
    return false;
  }
}

/**
 * The container tier by the OCI runtime alone: no engine, no daemon, one process for each call.
 *
 * @module
 */

import { execFile } from 'node:child_process';
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { PROXY_ENVIRONMENT } from '../../egress-proxy/proxy-environment.ts';
import type { Cgroup } from '../../process-sandbox/cgroup/cgroup.ts';
import type { CgroupTree } from '../../process-sandbox/cgroup/cgroup-tree.ts';
import { refuseOrder } from '../../process-sandbox/check-order.ts';
import { supervise } from '../../process-sandbox/supervise.ts';
import type { RunningSandbox, Sandbox, SandboxOrder } from '../../sandbox.ts';
import type { SandboxFacts } from '../../sandbox-facts.ts';
import { GrantedFiles } from '../granted-files.ts';
import type { ImageStore, UnpackedImage } from '../image/image-store.ts';
import { requireRunnable } from '../require-runnable.ts';
import { awaitStart } from './await-start.ts';
import { type Collectable, collect } from './collect.ts';
import { type ContainerSpace, openSpace } from './container-space.ts';
import { fillSpace, type HeldCopies, planMounts } from './fill-space.ts';
import { writeRuntimeConfig } from './runtime-config.ts';
import { runtimeGroup } from './runtime-group.ts';

export interface BundleParts {
  /** Absolute path of `runc` or `crun`. */
  readonly runtime: string;
  /** Where bundles and the runtime's state lie while a container runs; for the executor alone. */
  readonly folder: string;
  readonly images: ImageStore;
  readonly groups: CgroupTree;
  readonly facts: SandboxFacts;
}

const run = promisify(execFile);

const PID_FILE = 'pid';

export class BundleSandbox implements Sandbox {
  readonly #parts: BundleParts;

  constructor(parts: BundleParts) {
    this.#parts = parts;
  }

  get facts(): SandboxFacts {
    return this.#parts.facts;
  }

  /** What runs dies with its executor; what is left are empty groups, and notes on the disk. */
  async sweep(): Promise<void> {
    const { folder, groups } = this.#parts;
    const left = await readdir(join(folder, 'bundles')).catch(() => []);
    for (const id of left) await this.#forget(id);
    await groups.sweep();
  }

  async start(order: SandboxOrder): Promise<RunningSandbox> {
    requireRunnable(order);
    const image = this.#findImage(order);
    const files = GrantedFiles.read(order);
    const group = this.#parts.groups.create(order.id, order.limits);
    const release = async () => {
      await group.empty();
      await this.#forget(order.id);
      this.#parts.groups.remove(group);
    };
    try {
      const { space, copies } = await this.#prepare({ order, image, files, group });
      return await this.#run({ order, space, copies, files, group, release });
    } catch (error) {
      await release();
      throw error;
    }
  }

  #findImage({ image }: SandboxOrder): UnpackedImage {
    const found = image && this.#parts.images.find(image.digest);
    if (found === undefined) throw refuseOrder('its image must have been loaded');
    return found;
  }

  async #prepare({ order, image, files, group }: Preparation): Promise<PreparedContainer> {
    const bundle = this.#bundle(order.id);
    const { path, enter } = runtimeGroup(group);
    await mkdir(bundle, { recursive: true, mode: 0o700 });
    const config = writeRuntimeConfig(order, {
      mounts: planMounts(files.folders),
      environment: writeEnvironment(order, image),
      cgroup: path,
    });
    await writeFile(join(bundle, 'config.json'), JSON.stringify(config), { mode: 0o600 });

    const space = await openSpace({
      id: order.id,
      image: image.root,
      diskBytes: order.limits.diskBytes,
      groups: enter,
      egress: order.egress?.path,
      command: this.#command(
        ...['run', '--keep', '--bundle', bundle, '--pid-file', join(bundle, PID_FILE)],
        order.id,
      ),
    });
    const root = space.open();
    try {
      order.willRun();
      return { space, copies: fillSpace(root, files.folders, order.secretFiles) };
    } catch (error) {
      space.child.kill('SIGKILL');
      throw error;
    } finally {
      root.close();
    }
  }

  async #run(started: StartedContainer): Promise<RunningSandbox> {
    const { order, space, group, release } = started;
    const { child, stdin, stdout, stderr } = space;
    space.go();
    try {
      await awaitStart(child, join(this.#bundle(order.id), PID_FILE), group);
    } catch (error) {
      for (const { held } of started.copies) held.close();
      throw error;
    }
    const { limits } = order;
    const supervision = supervise({ child, limits, group, writeWatch: undefined });
    const ended = supervision.ended.then((end) => collect(end, started));
    ended.then(release).catch(() => undefined); // the next sweep tries again
    return { stdin, stdout, stderr, ended, kill: supervision.kill };
  }

  async #forget(id: string): Promise<void> {
    const [runtime = '', ...args] = this.#command('delete', '--force', id);
    await run(runtime, args).catch(() => undefined); // it may never have come so far
    await rm(this.#bundle(id), { recursive: true, force: true });
  }

  #bundle(id: string): string {
    return join(this.#parts.folder, 'bundles', id);
  }

  #command(...args: readonly string[]): readonly string[] {
    const { runtime, folder } = this.#parts;
    return [runtime, '--root', join(folder, 'state'), ...args];
  }
}

interface Preparation {
  readonly order: SandboxOrder;
  readonly image: UnpackedImage;
  readonly files: GrantedFiles;
  readonly group: Cgroup;
}

interface PreparedContainer {
  readonly space: ContainerSpace;
  readonly copies: readonly HeldCopies[];
}

interface StartedContainer extends Collectable, PreparedContainer {
  readonly order: SandboxOrder;
  readonly group: Cgroup;
  readonly release: () => Promise<void>;
}

/** The image's own, below the sandbox's, below the order's. */
function writeEnvironment(order: SandboxOrder, image: UnpackedImage): readonly string[] {
  const asked = image.environment.map((line): [string, string] => {
    const at = line.indexOf('=');
    return [line.slice(0, at), line.slice(at + 1)];
  });
  const variables = {
    PATH: '/usr/local/bin:/usr/bin:/bin',
    ...Object.fromEntries(asked),
    ...{ HOME: '/tmp', TMPDIR: '/tmp', LANG: 'C.UTF-8' },
    ...(order.egress !== undefined && PROXY_ENVIRONMENT),
    ...order.environment,
  };
  return Object.entries(variables).map(([name, value]) => `${name}=${value}`);
}

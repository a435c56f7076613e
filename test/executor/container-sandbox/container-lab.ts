/**
 * Real containers for tests: an image of busybox, and one program at a time in it.
 *
 * @module
 */

import { chmodSync, mkdirSync, mkdtempSync, readdirSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { createBundleSandbox } from '../../../src/executor/container-sandbox/create-bundle-sandbox.ts';
import { ImageStore } from '../../../src/executor/container-sandbox/image/image-store.ts';
import type { HostPath } from '../../../src/executor/host-path.ts';
import type { RunningSandbox, Sandbox } from '../../../src/executor/sandbox.ts';
import { type OrderParts, orderOf, type Ran, runToEnd } from '../support/process-sandbox.ts';
import { buildBusyboxImage } from './busybox-image.ts';

export interface ContainerLab {
  readonly sandbox: Sandbox;
  /** A folder of the host, empty at first. */
  readonly data: HostPath;
  /** Starts a shell script in a container. */
  start(script: string, parts?: OrderParts): Promise<RunningSandbox>;
  /** Runs one to its end. */
  run(script: string, parts?: OrderParts): Promise<Ran>;
  /** When all containers are cleaned up. */
  close(): Promise<void>;
}

let runs = 0;

/** Everything it makes is below `folder`, which a killed lab leaves to the next one. */
export async function openContainerLab(
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'container-'))),
): Promise<ContainerLab> {
  const { layout, digest } = buildBusyboxImage(folder);
  const images = new ImageStore(join(folder, 'images'));
  await images.load(layout, digest);
  const made = await createBundleSandbox({ folder, images });
  if (!made.ok) throw new Error(`${made.error.message} (or set SALLYPORT_SKIP_SANDBOX=1)`);
  const sandbox = made.value;
  const data = hostPath(join(folder, 'data'));
  mkdirSync(data, { recursive: true });
  chmodSync(data, 0o755);

  const start = (script: string, parts?: OrderParts): Promise<RunningSandbox> => {
    const id = `test-${process.pid}-${runs++}`;
    const image = { repository: 'localhost/busybox', digest };
    return sandbox.start(orderOf(['/bin/sh', '-c', script], { id, image, ...parts }));
  };
  const run = async (script: string, parts?: OrderParts) => runToEnd(await start(script, parts));
  return {
    sandbox,
    data,
    start,
    run,
    close: async () => {
      while (readdirSync(join(folder, 'containers/bundles')).length > 0) await wait(10);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** In these tests alone: paths that were made here hold no link. */
export function hostPath(path: string): HostPath {
  return path as HostPath;
}

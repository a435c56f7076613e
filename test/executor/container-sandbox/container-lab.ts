/**
 * Real containers for tests: an image of busybox, and one program at a time in it.
 *
 * @module
 */

import { chmodSync, mkdirSync, mkdtempSync, readdirSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { setTimeout as wait } from 'node:timers/promises';
import { createBundleSandbox } from '../../../src/executor/container-sandbox/create-bundle-sandbox.ts';
import { ImageStore } from '../../../src/executor/container-sandbox/image/image-store.ts';
import type { HostPath } from '../../../src/executor/host-path.ts';
import type {
  RunningSandbox,
  Sandbox,
  SandboxEnd,
  SandboxOrder,
} from '../../../src/executor/sandbox.ts';
import {
  DEFAULT_SANDBOX_LIMITS,
  type SandboxLimits,
} from '../../../src/executor/sandbox-limits.ts';
import { buildBusyboxImage } from './busybox-image.ts';

export type OrderParts = Partial<Omit<SandboxOrder, 'limits'>> & {
  readonly limits?: Partial<SandboxLimits>;
};

export interface Finished {
  readonly end: SandboxEnd;
  readonly out: string;
  readonly err: string;
}

export interface ContainerLab {
  readonly sandbox: Sandbox;
  /** A folder of the host, empty at first. */
  readonly data: HostPath;
  /** Starts a shell script in a container. */
  start(script: string, parts?: OrderParts): Promise<RunningSandbox>;
  /** Runs one to its end. */
  run(script: string, parts?: OrderParts): Promise<Finished>;
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

  const start = (script: string, parts: OrderParts = {}): Promise<RunningSandbox> =>
    sandbox.start({
      id: `test-${process.pid}-${runs++}`,
      argv: ['/bin/sh', '-c', script],
      image: { repository: 'localhost/busybox', digest },
      reads: [],
      writes: [],
      secretFiles: [],
      environment: {},
      ...parts,
      limits: { ...DEFAULT_SANDBOX_LIMITS, ...parts.limits },
    });
  const run = async (script: string, parts?: OrderParts): Promise<Finished> => {
    const running = await start(script, parts);
    running.stdin.end();
    const [out, err, end] = await Promise.all([
      textOf(running.stdout),
      textOf(running.stderr),
      running.ended,
    ]);
    return { end, out, err };
  };
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

export async function textOf(stream: Readable): Promise<string> {
  let text = '';
  for await (const chunk of stream) text += chunk;
  return text;
}

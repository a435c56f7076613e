/**
 * Real containers of an engine, for tests: an image of busybox, and one program at a time in it. The
 * engine is a Podman of their own, or one that is there.
 *
 * @module
 */

import { chmodSync, mkdirSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  createEngineSandbox,
  type EngineOptions,
} from '../../../src/executor/container-sandbox/create-engine-sandbox.ts';
import type { Sandbox } from '../../../src/executor/sandbox.ts';
import { type OrderParts, orderOf, runToEnd } from '../support/process-sandbox.ts';
import { buildBusyboxImage } from './busybox-image.ts';
import { type ContainerLab, hostPath } from './container-lab.ts';
import { useGivenEngine } from './given-engine.ts';
import { type EngineService, IMAGE, type PodmanRuntime, startPodman } from './podman-service.ts';

export interface EngineLab extends ContainerLab {
  readonly engine: EngineService;
  readonly digest: string;
  /** A sandbox of the same engine with other options. */
  create(options: Partial<EngineOptions>): Promise<Sandbox>;
}

/** Podman as root maps no users, which these tests accept. */
export async function openEngineLab(runtime?: PodmanRuntime): Promise<EngineLab> {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'engine-')));
  const data = hostPath(join(folder, 'data'));
  mkdirSync(data);
  chmodSync(data, 0o755);
  const image = buildBusyboxImage(folder);
  const engine =
    (runtime === undefined && (await useGivenEngine(image))) ||
    (await startPodman(join(folder, 'podman'), image, runtime));
  const state = join(folder, 'state');
  const create = async (options: Partial<EngineOptions>) => {
    const made = await createEngineSandbox({
      socketPath: engine.socketPath,
      folder: state,
      ...options,
    });
    if (!made.ok) throw new Error(`${made.error.message} (or set SALLYPORT_SKIP_SANDBOX=1)`);
    return made.value;
  };
  const sandbox = await create({ acceptsHostUsers: true });
  const start = (script: string, parts?: OrderParts) => {
    const pinned = { repository: IMAGE, digest: image.digest };
    return sandbox.start(orderOf(['/bin/sh', '-c', script], { image: pinned, ...parts }));
  };
  return {
    ...{ engine, sandbox, create, start, data, digest: image.digest },
    run: async (script, parts) => runToEnd(await start(script, parts)),
    close: async () => {
      await engine.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

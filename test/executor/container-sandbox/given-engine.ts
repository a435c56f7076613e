/**
 * An engine that is there already, whose owner lends it to the tests: `SALLYPORT_TEST_ENGINE` holds its
 * command line with its socket, as `docker -H unix:///run/docker.sock` or
 * `podman --url unix:///run/user/1000/podman/podman.sock`. No container may be on it.
 *
 * @module
 */

import { execFileSync } from 'node:child_process';
import { loadEngineImage } from '../../../src/executor/container-sandbox/engine/load-image.ts';
import type { BuiltImage } from './busybox-image.ts';
import { type EngineService, IMAGE } from './podman-service.ts';

export async function useGivenEngine(image: BuiltImage): Promise<EngineService | undefined> {
  const [program = '', ...options] = process.env.SALLYPORT_TEST_ENGINE?.split(' ') ?? [];
  if (program === '') return undefined;
  const socketPath = options.at(-1)?.replace('unix://', '') ?? '';
  const command = (...args: readonly string[]) =>
    execFileSync(program, [...options, ...args], { stdio: ['ignore', 'pipe', 'pipe'] }).toString();
  const { layout, digest } = image;
  await loadEngineImage(socketPath, { repository: IMAGE, digest }, { layout, archive: '' });
  command('tag', `${IMAGE}@${digest}`, IMAGE);
  return { socketPath, command, close: async () => undefined };
}

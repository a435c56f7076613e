/**
 * The storage of an object that nobody else uses, for tests of the kit.
 *
 * @module
 */

import { runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';

/** Runs `use` inside a fresh object, with its real storage. */
export async function inScratchObject<T>(
  use: (storage: DurableObjectStorage) => T | Promise<T>,
): Promise<T> {
  const { SESSIONS } = env as unknown as { SESSIONS: DurableObjectNamespace };
  const stub = SESSIONS.getByName(`scratch ${crypto.randomUUID()}`);
  return await runInDurableObject(stub, (_, state) => use(state.storage));
}

/**
 * Holds on to the file behind a path, so that exchanging a part of the path for a link between
 * decision and mount changes nothing: the sandbox mounts what is held, or fails.
 *
 * @module
 */

import { closeSync, constants, fstatSync, openSync, readlinkSync } from 'node:fs';
import { ok, type Result } from '../../core/primitives/result.ts';
import type { HostPath } from '../host-path.ts';
import { type PathRefused, refusePath } from '../resolve-host-path.ts';

/** Names a file without opening it: needs no right to it, and no device or pipe notices. */
const O_PATH = 0o10000000;

/** A descriptor, to be closed by whoever asked for it. Only files and folders can be held. */
export function pinPath(path: HostPath): Result<number, PathRefused> {
  let pin: number;
  try {
    pin = openSync(path, O_PATH | constants.O_NOFOLLOW);
  } catch {
    return refusePath('it must exist and be reachable');
  }
  const problem = findProblem(pin, path);
  if (problem === undefined) return ok(pin);
  closeSync(pin);
  return refusePath(problem);
}

function findProblem(pin: number, path: HostPath): string | undefined {
  // The kernel tells where it arrived. A link on the way shows as another path.
  if (readlinkSync(`/proc/self/fd/${pin}`) !== path) return 'no part of it may be a link';
  const facts = fstatSync(pin);
  if (!facts.isFile() && !facts.isDirectory()) return 'it must be a file or a folder';
  return undefined;
}

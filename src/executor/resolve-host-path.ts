/**
 * Resolves a path as this machine does, now: links are followed to the end.
 *
 * The answer is what authority is decided on. It says nothing about the next moment: whoever
 * opens the path must see that it still leads there (`process-sandbox/pin-path.ts`).
 *
 * @module
 */

import { realpathSync } from 'node:fs';
import { isAbsolute } from 'node:path';
import { err, ok, type Result } from '../core/primitives/result.ts';
import type { HostPath } from './host-path.ts';

/** `message` says what must hold and repeats nothing of the path, which may come from a model. */
export interface PathRefused {
  readonly code: 'path_refused';
  readonly message: string;
}

/** A link that leads nowhere is refused like a file that is not there. */
export function resolveHostPath(path: string): Result<HostPath, PathRefused> {
  if (!isAbsolute(path) || path.includes('\0')) return refusePath('it must be absolute');
  try {
    return ok(realpathSync.native(path) as HostPath);
  } catch {
    return refusePath('it must exist and be reachable');
  }
}

export function refusePath(problem: string): Result<never, PathRefused> {
  return err({ code: 'path_refused', message: `Cannot use a path: ${problem}` });
}

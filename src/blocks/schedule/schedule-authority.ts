/**
 * What a schedule may do: asked for at each use, since what its maker may do can have changed.
 *
 * @module
 */

import type { Authority } from '../../core/policy/authority.ts';
import { authorize } from '../../core/policy/authorize.ts';
import { openWorkspace } from '../workspace/workspace-client.ts';
import { principalOf, type ScheduleParts } from './schedule-parts.ts';
import type { StoredSchedule } from './schedule-store.ts';

/** `undefined` if it does not hold the capability, or the credential behind it is not live. */
export async function authorityFor(
  parts: ScheduleParts,
  schedule: StoredSchedule,
  capability: string,
): Promise<Authority | undefined> {
  const workspace = openWorkspace(parts.env, parts.workspace);
  const authority = await workspace.authority(principalOf(parts, schedule));
  const question = { capability, now: parts.now() };
  return authority && authorize(authority, question).allowed ? authority : undefined;
}

/**
 * Puts an earlier policy of a workspace in force again.
 *
 * @module
 */

import { err, type Result } from '../../core/primitives/result.ts';
import { changeWorkspace } from './change-workspace.ts';
import type { Actor, Refusal } from './workspace-api.ts';
import type { WorkspaceParts } from './workspace-parts.ts';

/** A change like any other, with a revision of its own: what was rolled back can come back as well. */
export async function rollBackPolicy(
  parts: WorkspaceParts,
  actor: Actor,
  revision: number,
): Promise<Result<void, Refusal>> {
  const policy = parts.policyVersions.find(revision);
  if (policy === undefined) {
    return err({ code: 'not_found', detail: `There is no policy of revision ${revision}` });
  }
  return await changeWorkspace(parts, actor, { policy });
}

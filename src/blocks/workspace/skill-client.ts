/**
 * The way to the skills of a workspace.
 *
 * @module
 */

import type { WorkspaceId } from '../../core/primitives/ids.ts';
import { workspaceObjectName } from '../kit/address.ts';
import type { BlockBindings } from '../kit/bindings.ts';
import { callAgainAfterReset } from '../kit/call.ts';
import type { SkillApi } from './skill-api.ts';

/** A deletion is sent once: done already, it would say that there was nothing. */
export function openSkills(
  env: Pick<BlockBindings, 'WORKSPACES'>,
  workspace: WorkspaceId,
): SkillApi {
  const connect = (): SkillApi => env.WORKSPACES.getByName(workspaceObjectName(workspace));
  return {
    installSkill: (actor, document) =>
      callAgainAfterReset(connect, (skills) => skills.installSkill(actor, document)),
    deleteSkill: (actor, name) => connect().deleteSkill(actor, name),
    skill: (name) => callAgainAfterReset(connect, (skills) => skills.skill(name)),
  };
}

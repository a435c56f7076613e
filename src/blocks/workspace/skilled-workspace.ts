/**
 * The part of the workspace block's RPC surface that is about skills: see `skill-api.ts`.
 *
 * @module
 */

import { Fault } from '../../core/errors/fault.ts';
import type { Result } from '../../core/primitives/result.ts';
import type { InstalledSkill, SkillText } from '../../core/skills/installed-skill.ts';
import { GovernedWorkspace } from './governed-workspace.ts';
import type { SkillApi } from './skill-api.ts';
import { deleteSkill, installSkill } from './skills.ts';
import type { Actor, Refusal } from './workspace-api.ts';

export abstract class SkilledWorkspace extends GovernedWorkspace implements SkillApi {
  async installSkill(actor: Actor, document: string): Promise<Result<InstalledSkill, Refusal>> {
    const parts = this.founded();
    if (parts === undefined) throw new Fault('not_found');
    return await installSkill(parts, actor, document);
  }

  async deleteSkill(actor: Actor, name: string): Promise<boolean> {
    const parts = this.founded();
    return parts !== undefined && (await deleteSkill(parts, actor, name));
  }

  async skill(name: string): Promise<SkillText | undefined> {
    return this.founded()?.skills.find(name);
  }
}

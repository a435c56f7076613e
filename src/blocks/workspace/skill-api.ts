/**
 * What the workspace block answers over RPC about skills. Which there are is part of every authority.
 *
 * @module
 */

import type { Result } from '../../core/primitives/result.ts';
import type { InstalledSkill, SkillText } from '../../core/skills/installed-skill.ts';
import type { Actor, Refusal } from './workspace-api.ts';

export interface SkillApi {
  /** Installs a `SKILL.md`, or replaces the skill of its name. The same text again changes nothing. */
  installSkill(actor: Actor, document: string): Promise<Result<InstalledSkill, Refusal>>;
  /** `false` if there is none. */
  deleteSkill(actor: Actor, name: string): Promise<boolean>;
  /** With its text. */
  skill(name: string): Promise<SkillText | undefined>;
}

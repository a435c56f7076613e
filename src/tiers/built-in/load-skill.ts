/**
 * The tool `load-skill`: reads a skill for the model that asks for it.
 *
 * @module
 */

import type { BlockBindings } from '../../blocks/kit/bindings.ts';
import { openSkills } from '../../blocks/workspace/skill-client.ts';
import { parseWorkspaceId } from '../../core/primitives/ids.ts';
import { labelOfSkill } from '../../core/skills/installed-skill.ts';
import type { BuiltInTool } from './built-in-runner.ts';

export function createLoadSkill(env: Pick<BlockBindings, 'WORKSPACES'>): BuiltInTool {
  return async ({ claims, args }) => {
    const workspace = parseWorkspaceId(claims.workspace);
    if (workspace === undefined || typeof args.name !== 'string') return undefined;
    const found = await openSkills(env, workspace).skill(args.name);
    if (found === undefined) return undefined;
    const { skill, body } = found;
    const { name, sha256, allowedTools } = skill;
    const output = { skill: name, sha256, ...(allowedTools && { allowedTools }), body };
    return { output, label: labelOfSkill(skill) };
  };
}

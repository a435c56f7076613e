/**
 * The gateway's own tools, as part of the registry: the same checks decide about them as about any
 * plugin's.
 *
 * @module
 */

import type { RegisteredPlugin } from '../../core/manifest/registered-plugin.ts';
import { MEMORY_PLUGIN } from '../../core/memory/memory-plugin.ts';
import type { Policy } from '../../core/policy/policy.ts';
import type { InstalledSkill } from '../../core/skills/installed-skill.ts';
import { toSkillsPlugin } from '../../core/skills/installed-skill.ts';
import { sha256Hex } from '../kit/keys.ts';

export function builtInPlugins(
  skills: readonly InstalledSkill[],
  { memory }: Pick<Policy, 'memory'>,
): readonly RegisteredPlugin[] {
  const loader = toSkillsPlugin(skills, sha256Hex);
  return [...(loader ? [loader] : []), ...(memory.enabled ? [MEMORY_PLUGIN] : [])];
}

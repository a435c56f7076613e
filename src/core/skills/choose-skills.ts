/**
 * Which skills are active in a turn from its beginning, and what they leave it.
 *
 * A skill narrows and never widens: with several, a turn may call what all of them let it.
 *
 * @module
 */

import { LOAD_SKILL } from '../manifest/built-in-tools.ts';
import { err, ok, type Result } from '../primitives/result.ts';
import { WordText } from '../provenance/whole-words.ts';
import type { InstalledSkill } from './installed-skill.ts';

/** Most skills that a turn begins with. */
export const MAX_ACTIVE_SKILLS = 8;

export interface SkillWish {
  /** By name, as the request asks for them. */
  readonly asked: readonly string[];
  /** What the user says; skills with a keyword in it come in by themselves. */
  readonly text: string;
}

/**
 * In the order of the wish, then by name; or the name of one that there is not. No keyword brings in a
 * skill that is not trusted: whoever wants what others wrote asks for it.
 */
export function chooseSkills(
  skills: readonly InstalledSkill[],
  { asked, text }: SkillWish,
): Result<readonly InstalledSkill[], string> {
  const chosen = new Map<string, InstalledSkill>();
  for (const name of asked) {
    const skill = skills.find((candidate) => candidate.name === name);
    if (skill === undefined) return err(name);
    chosen.set(name, skill);
  }
  const isKeyed = skills.some(({ triggers }) => triggers.keywords.length > 0);
  if (isKeyed) {
    const words = new WordText(toSearched(text));
    for (const skill of skills) {
      const { isTrusted, triggers, name } = skill;
      if (isTrusted && triggers.keywords.some((word) => words.holds(toSearched(word))))
        chosen.set(name, skill);
    }
  }
  return ok([...chosen.values()].slice(0, Math.max(MAX_ACTIVE_SKILLS, asked.length)));
}

/**
 * A phrase is the same one over several spaces or lines, in whatever case (a sharp s has two capitals), and
 * however its letters are written: in parts, which a capital may come to, in full width, or joined.
 */
function toSearched(text: string): string {
  return text.toUpperCase().toLowerCase().normalize('NFKC').replace(/\s+/g, ' ');
}

/** The only tools that the skills leave; nothing where none of them narrows. */
export function toolsWithin(
  skills: readonly Pick<InstalledSkill, 'allowedTools'>[],
): readonly string[] | undefined {
  return skills.reduce<readonly string[] | undefined>(
    (left, { allowedTools }) => meetTools(left, allowedTools),
    undefined,
  );
}

/** What both leave. To load another skill is always left: it can only narrow further. */
export function meetTools(
  a: readonly string[] | undefined,
  b: readonly string[] | undefined,
): readonly string[] | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return a.filter((name) => b.includes(name));
}

export function isLeft(left: readonly string[] | undefined, tool: string): boolean {
  return left === undefined || tool === LOAD_SKILL || left.includes(tool);
}

/**
 * Brings the skills that a turn begins with into its conversation, before what the user says.
 *
 * The operator's own come as notes of the system; any other comes as what it is, a stranger's text: the
 * turn bears its label from then on.
 *
 * @module
 */

import type { Message } from '../../core/conversation/message.ts';
import type { Authority } from '../../core/policy/authority.ts';
import { err, ok, type Result } from '../../core/primitives/result.ts';
import { chooseSkills, toolsWithin } from '../../core/skills/choose-skills.ts';
import { labelOfSkill, type SkillText } from '../../core/skills/installed-skill.ts';
import type { AdmissionRefusal, AdmitTurn } from './session-api.ts';
import type { SessionParts } from './session-parts.ts';

interface BroughtSkills {
  /** What comes before the messages of the request. */
  readonly messages: readonly Message[];
  /** The only tools that the skills leave; absent where they narrow nothing. */
  readonly onlyTools?: readonly string[];
}

const NO_SKILLS: BroughtSkills = { messages: [] };

/** Whether a turn with this message begins with any skill, or asks for one. */
export function wantsSkills(request: AdmitTurn, authority: Authority): boolean {
  const chosen = choose(request, authority);
  return !chosen.ok || chosen.value.length > 0;
}

export async function bringSkills(
  { neighbours }: SessionParts,
  request: AdmitTurn,
  authority: Authority,
): Promise<Result<BroughtSkills, AdmissionRefusal>> {
  const chosen = choose(request, authority);
  if (!chosen.ok) return err({ code: 'skill_unknown' });
  if (chosen.value.length === 0) return ok(NO_SKILLS);
  const { workspace } = request.principal;
  const texts = await Promise.all(
    chosen.value.map(({ name }) => neighbours.skill(workspace, name)),
  );
  const pinned = texts.flatMap((text, index) =>
    text?.skill.sha256 === chosen.value[index]?.sha256 ? (text ?? []) : [],
  );
  // Another text than the one that was chosen: it was replaced or deleted meanwhile.
  if (pinned.length < texts.length) return err({ code: 'conflict' });
  const onlyTools = toolsWithin(chosen.value);
  return ok({ messages: pinned.map(toMessage), ...(onlyTools && { onlyTools }) });
}

function choose({ driver, messages, skills: asked = [] }: AdmitTurn, { skills = [] }: Authority) {
  const said = messages.findLast(({ role }) => role === 'user');
  if (driver.kind === 'program' || said === undefined) return ok([]);
  return chooseSkills(skills, { asked, text: said.content });
}

function toMessage({ skill, body }: SkillText): Message {
  const label = labelOfSkill(skill);
  const { name } = skill;
  if (skill.isTrusted) {
    return { role: 'system', content: `Skill "${name}" is active:\n\n${body}`, label };
  }
  const content = `The skill "${name}", which was asked for, and which others wrote:\n\n${body}`;
  return { role: 'user', content, label };
}

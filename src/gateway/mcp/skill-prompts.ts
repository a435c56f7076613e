/**
 * Skills as prompts over MCP: for clients whose user picks one by hand, so also those that no model of
 * the workspace is told of.
 *
 * @module
 */

import type { GetPromptResult } from '@modelcontextprotocol/server';
import { openSkills } from '../../blocks/workspace/skill-client.ts';
import { LOAD_SKILL } from '../../core/manifest/built-in-tools.ts';
import type { Authority } from '../../core/policy/authority.ts';
import { labelOfSkill } from '../../core/skills/installed-skill.ts';
import type { Caller } from '../route.ts';
import { mayCall } from '../visible-tools.ts';
import type { McpRequest } from './mcp-request.ts';

/** Before the name of a skill; no prompt of a plugin begins so. */
const PREFIX = 'skill:';

/** None for a caller who could not load one. */
export function listSkillPrompts(
  authority: Authority | undefined,
  caller: Caller,
): readonly { readonly name: string; readonly description: string }[] {
  if (!mayCall(caller, LOAD_SKILL)) return [];
  return (authority?.skills ?? []).map(({ name, description }) => ({
    name: PREFIX + name,
    description,
  }));
}

/** `undefined` if the prompt is no skill that the caller may load. */
export async function getSkillPrompt(
  request: McpRequest,
  prompt: string,
): Promise<GetPromptResult | undefined> {
  const { env, caller } = request;
  if (!prompt.startsWith(PREFIX) || !mayCall(caller, LOAD_SKILL)) return undefined;
  const name = prompt.slice(PREFIX.length);
  const found = await openSkills(env, caller.principal.workspace).skill(name);
  if (found === undefined) return undefined;
  const { skill, body: text } = found;
  return {
    description: skill.description,
    messages: [{ role: 'user', content: { type: 'text', text } }],
    _meta: { 'sallyport/label': labelOfSkill(skill) },
  };
}

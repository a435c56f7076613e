/**
 * Prompts over MCP: those that plugins offer, each made by one of their tools when it is asked for, and
 * the skills of the workspace.
 *
 * @module
 */

import {
  type GetPromptRequest,
  type GetPromptResult,
  type InputRequiredResult,
  isSpecType,
  type ListPromptsRequest,
  type ListPromptsResult,
  type ServerContext,
} from '@modelcontextprotocol/server';
import { invalidParams, type McpRequest, readAuthority } from './mcp-request.ts';
import { makeOffer, readOffers, visibleOffers } from './offers.ts';
import { toPage } from './page.ts';
import { getSkillPrompt, listSkillPrompts } from './skill-prompts.ts';

export async function listPrompts(
  request: McpRequest,
  { params }: ListPromptsRequest,
): Promise<ListPromptsResult> {
  const authority = await readAuthority(request);
  const { prompts } = visibleOffers(authority, request.caller);
  const offered = prompts.map(({ offer: { name, title, description, arguments: taken } }) => ({
    name,
    ...(title !== undefined && { title }),
    description,
    arguments: taken.map((argument) => ({ ...argument })),
  }));
  const all = [...offered, ...listSkillPrompts(authority, request.caller)];
  const { items, ...next } = toPage(all, ({ name }) => name, params?.cursor);
  return { prompts: items, ...next };
}

/** @throws ProtocolError if there is no such prompt, an argument is missing, or its tool was denied. */
export async function getPrompt(
  request: McpRequest,
  { params }: GetPromptRequest,
  context: ServerContext,
): Promise<GetPromptResult | InputRequiredResult> {
  const skill = await getSkillPrompt(request, params.name);
  if (skill !== undefined) return skill;
  const { prompts } = await readOffers(request);
  const found = prompts.find(({ offer }) => offer.name === params.name);
  if (found === undefined) throw invalidParams('There is no such prompt');
  const given = params.arguments ?? {};
  const { description, arguments: taken } = found.offer;
  const missing = taken.find(({ name, required }) => required && !Object.hasOwn(given, name));
  if (missing) throw invalidParams(`The argument "${missing.name}" must be present`);
  const made = await makeOffer({ request, context }, found, { args: given, list: 'messages' });
  if ('resultType' in made) return made;
  const written: readonly unknown[] = made;
  return { description, messages: written.filter(isSpecType.PromptMessage) };
}

/**
 * Agents of a workspace: a model with instructions, and with no more tools than it needs, under one name.
 *
 * An agent is asked for like a model, by `<workspace>/<agent>`, wherever a model can be named. It widens
 * nothing: its model must be allowed and held as if it had been named itself, its tools are a bound on
 * what the principal may call, and its instructions are the operator's word. It cannot stand for another
 * agent, so no chain of them has a loop.
 *
 * @module
 */

import * as z from 'zod';
import { TOOL_NAME } from '../manifest/tool-definition.ts';
import { MODEL_NAME } from './model-name.ts';

export interface Agent {
  /** Shown where models are listed. */
  readonly description?: string;
  /** `provider/model` or an alias. */
  readonly model: string;
  /** What its model is told before everything else. */
  readonly instructions?: string;
  /** The only tools that it may call; all that its principal may, if absent. */
  readonly tools?: readonly string[];
  /** Names of skills that its turns begin with. */
  readonly skills?: readonly string[];
}

export type Agents = Readonly<Record<string, Agent>>;

/** Most agents of a workspace, and bounds of each: of texts in characters. */
const AGENT_CEILINGS = {
  agents: 64,
  description: 512,
  instructions: 32_768,
  tools: 64,
  skills: 8,
} as const;

const AGENT_NAME = /^[a-z][a-z0-9-]{0,63}$/;

/** Prefixes that are no workspace's, whatever it is called: what they name is decided elsewhere. */
const NO_WORKSPACE = new Set(['alias', 'embedded']);

const agent = z.strictObject({
  description: z.string().max(AGENT_CEILINGS.description).exactOptional(),
  model: z.string().regex(MODEL_NAME, 'must be provider/model'),
  instructions: z.string().min(1).max(AGENT_CEILINGS.instructions).exactOptional(),
  tools: z
    .array(z.string().regex(TOOL_NAME, 'must be the name of a tool'))
    .max(AGENT_CEILINGS.tools)
    .exactOptional(),
  skills: z.array(z.string().min(1).max(64)).max(AGENT_CEILINGS.skills).exactOptional(),
});

export const agentsSchema: z.ZodType<Agents> = z
  .record(z.string().regex(AGENT_NAME, 'must be lower-case letters, digits and dashes'), agent)
  .refine(
    (agents) => Object.keys(agents).length <= AGENT_CEILINGS.agents,
    `must have at most ${AGENT_CEILINGS.agents} members`,
  )
  .default({});

/** The agent's own name, if the name of a model is of that form and of this workspace. */
export function agentNameOf(workspace: string, model: string): string | undefined {
  if (NO_WORKSPACE.has(workspace) || !model.startsWith(`${workspace}/`)) return undefined;
  const name = model.slice(workspace.length + 1);
  return AGENT_NAME.test(name) ? name : undefined;
}

/** Nothing where the name means no agent of this workspace. */
export function findAgent(agents: Agents, workspace: string, model: string): Agent | undefined {
  const name = agentNameOf(workspace, model);
  return name !== undefined && Object.hasOwn(agents, name) ? agents[name] : undefined;
}

/** What an agent is asked for by. */
export function toAgentModel(workspace: string, name: string): string {
  return `${workspace}/${name}`;
}

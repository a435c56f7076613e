/**
 * The tools that a model is offered: those which the principal may call, of the plugins that ran
 * when the turn began.
 *
 * Offering is a courtesy, not a decision: every call is checked when it is made.
 *
 * @module
 */

import { toResource } from '../core/capabilities/resource.ts';
import { hidesContent } from '../core/checks/result-hiding.ts';
import { type ClientWishes, isClientTool } from '../core/conversation/client-wishes.ts';
import type { ToolDefinition } from '../core/manifest/tool-definition.ts';
import type { Authority } from '../core/policy/authority.ts';
import { bothAllow } from '../core/policy/newest-authority.ts';
import type { OfferedTool } from './ports.ts';

interface Found {
  readonly first: Authority;
  readonly tools: readonly OfferedTool[];
}

/** What a model must know of a tool whose results it is not to read in full. */
const HANDLE_NOTE =
  'What you are not to read of its result is shown as a handle, "sallyport:handle:…". Pass a handle ' +
  'on as the whole of an argument, and its value is put in its place.';

/** For each newest authority what was found last: the rounds of a turn ask the same again. */
const FOUND = new WeakMap<Authority, Found>();

export function listOfferedTools(
  first: Authority,
  newest: Authority,
  now: number,
): readonly OfferedTool[] {
  const known = FOUND.get(newest);
  if (known?.first === first) return known.tools;
  const tools = first.plugins
    .filter(({ state }) => state === 'running')
    .flatMap((plugin) =>
      plugin.tools.filter(({ name }) => {
        const resource = toResource('name', name);
        if (!resource.ok) return false;
        const capability = `tool:call:${resource.value}`;
        const question = { capability, now, plugin: plugin.name, version: plugin };
        return bothAllow({ first, newest }, question);
      }),
    )
    .map((tool) => describe(tool, newest));
  FOUND.set(newest, { first, tools });
  return tools;
}

function describe(tool: ToolDefinition, { policy }: Authority): OfferedTool {
  if (!hidesContent(tool, policy.flow)) return tool;
  return { ...tool, description: `${tool.description}\n${HANDLE_NOTE}` };
}

/** With those of the client, which hide others of their names. */
export function withClientTools(
  own: readonly OfferedTool[],
  wishes: ClientWishes,
): readonly OfferedTool[] {
  if (wishes.tools.length === 0) return own;
  return [...own.filter(({ name }) => !isClientTool(wishes, name)), ...wishes.tools];
}

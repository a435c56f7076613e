/**
 * The tools that a model is offered: those which the principal may call, of the plugins that ran
 * when the turn began.
 *
 * Offering is a courtesy, not a decision: every call is checked when it is made.
 *
 * @module
 */

import { toResource } from '../core/capabilities/resource.ts';
import { type ClientWishes, isClientTool } from '../core/conversation/client-wishes.ts';
import type { ToolDefinition } from '../core/manifest/tool-definition.ts';
import type { Authority } from '../core/policy/authority.ts';
import { bothAllow } from '../core/policy/newest-authority.ts';
import type { OfferedTool } from './ports.ts';

interface Found {
  readonly first: Authority;
  readonly tools: readonly ToolDefinition[];
}

/** For each newest authority what was found last: the rounds of a turn ask the same again. */
const FOUND = new WeakMap<Authority, Found>();

export function listOfferedTools(
  first: Authority,
  newest: Authority,
  now: number,
): readonly ToolDefinition[] {
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
    );
  FOUND.set(newest, { first, tools });
  return tools;
}

/** With those of the client, which hide others of their names. */
export function withClientTools(
  own: readonly ToolDefinition[],
  wishes: ClientWishes,
): readonly OfferedTool[] {
  if (wishes.tools.length === 0) return own;
  return [...own.filter(({ name }) => !isClientTool(wishes, name)), ...wishes.tools];
}

/**
 * Finds things in an authority without walking through it: plugins and tools by name, grants by
 * pattern. An index is made when an authority is first asked, and lives as long as it does.
 *
 * @module
 */

import { type CapabilitySet, findCovering } from '../capabilities/capability-set.ts';
import { findGrant, type Grant } from '../capabilities/grant.ts';
import type { Capability } from '../capabilities/pattern.ts';
import type { RegisteredPlugin } from '../manifest/registered-plugin.ts';
import type { ToolDefinition } from '../manifest/tool-definition.ts';
import type { Authority } from './authority.ts';

export interface RegisteredTool {
  readonly plugin: RegisteredPlugin;
  readonly tool: ToolDefinition;
}

interface Index {
  readonly plugins: ReadonlyMap<string, RegisteredPlugin>;
  readonly tools: ReadonlyMap<string, RegisteredTool>;
  /** Patterns of the grants without an end, and all grants with one. */
  readonly openEnded: CapabilitySet;
  readonly ending: readonly Grant[];
}

/** A cache, not state: an index says nothing that its authority does not say. */
const INDEXES = new WeakMap<Authority, Index>();

/** The plugin that serves under this name: one that is stopped, or failed, serves nothing. */
export function findPlugin(authority: Authority, name: string): RegisteredPlugin | undefined {
  const plugin = indexOf(authority).plugins.get(name);
  return plugin?.state === 'running' || plugin?.state === 'draining' ? plugin : undefined;
}

/** The tool of exactly this name, whatever the state of its plugin. */
export function findTool(authority: Authority, name: string): RegisteredTool | undefined {
  return indexOf(authority).tools.get(name);
}

/** Whether a live grant of the principal covers the capability. */
export function holdsGrant(authority: Authority, capability: Capability, now: number): boolean {
  const { openEnded, ending } = indexOf(authority);
  return (
    findCovering(openEnded, capability) !== undefined ||
    findGrant(ending, capability, now) !== undefined
  );
}

function indexOf(authority: Authority): Index {
  const known = INDEXES.get(authority);
  if (known !== undefined) return known;

  const tools = new Map<string, RegisteredTool>();
  for (const plugin of authority.plugins) {
    for (const tool of plugin.tools) {
      // A stopped plugin may have declared a name that another one serves by now.
      if (plugin.state === 'running' || !tools.has(tool.name))
        tools.set(tool.name, { plugin, tool });
    }
  }
  const index: Index = {
    plugins: new Map(authority.plugins.map((plugin) => [plugin.name, plugin])),
    tools,
    openEnded: authority.grants
      .filter((grant) => grant.expiresAt === undefined)
      .map(({ pattern }) => pattern),
    ending: authority.grants.filter((grant) => grant.expiresAt !== undefined),
  };
  INDEXES.set(authority, index);
  return index;
}

/**
 * Finds things in an authority without walking through it: plugins and tools by name, grants by
 * pattern. An index is made when an authority is first asked, and lives as long as it does.
 *
 * @module
 */

import { type CapabilitySet, findCovering } from '../capabilities/capability-set.ts';
import { findGrant, type Grant } from '../capabilities/grant.ts';
import type { Capability } from '../capabilities/pattern.ts';
import type { PluginState } from '../manifest/plugin-state.ts';
import type { PluginVersion, RegisteredPlugin } from '../manifest/registered-plugin.ts';
import type { ToolDefinition } from '../manifest/tool-definition.ts';
import type { Authority } from './authority.ts';

export interface RegisteredTool {
  readonly plugin: RegisteredPlugin;
  readonly tool: ToolDefinition;
}

interface Index {
  /** The versions that serve, by name of the plugin; the one that serves new turns comes first. */
  readonly serving: ReadonlyMap<string, readonly RegisteredPlugin[]>;
  readonly tools: ReadonlyMap<string, RegisteredTool>;
  /** Patterns of the grants without an end, and all grants with one. */
  readonly openEnded: CapabilitySet;
  readonly ending: readonly Grant[];
}

/** A cache, not state: an index says nothing that its authority does not say. */
const INDEXES = new WeakMap<Authority, Index>();

/**
 * The plugin that serves under this name, or exactly this version of it: a turn keeps to the one
 * that it began with. One that is stopped, or failed, serves nothing.
 */
export function findPlugin(
  authority: Authority,
  name: string,
  version?: PluginVersion,
): RegisteredPlugin | undefined {
  const versions = indexOf(authority).serving.get(name);
  if (version === undefined) return versions?.[0];
  return versions?.find((serving) => isSameVersion(serving, version));
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
    serving: Map.groupBy(
      [...withState(authority, 'running'), ...withState(authority, 'draining')],
      ({ name }) => name,
    ),
    tools,
    openEnded: authority.grants
      .filter((grant) => grant.expiresAt === undefined)
      .map(({ pattern }) => pattern),
    ending: authority.grants.filter((grant) => grant.expiresAt !== undefined),
  };
  INDEXES.set(authority, index);
  return index;
}

function withState({ plugins }: Authority, wanted: PluginState): readonly RegisteredPlugin[] {
  return plugins.filter(({ state }) => state === wanted);
}

function isSameVersion(a: PluginVersion, b: PluginVersion): boolean {
  return a.version === b.version && a.codeHash === b.codeHash;
}

/**
 * The tools that a caller sees: those of running plugins that its grants let it call.
 *
 * @module
 */

import { toResource } from '../core/capabilities/resource.ts';
import type { RegisteredPlugin } from '../core/manifest/registered-plugin.ts';
import type { ToolDefinition } from '../core/manifest/tool-definition.ts';
import type { Authority } from '../core/policy/authority.ts';
import { holds } from './admit.ts';
import type { Caller } from './route.ts';

type Definition = Pick<
  ToolDefinition,
  | 'name'
  | 'title'
  | 'description'
  | 'inputSchema'
  | 'outputSchema'
  | 'annotations'
  | 'result'
  | 'asksClient'
>;

export interface VisibleTool extends Definition {
  readonly plugin: string;
  readonly version: string;
  readonly tier: string;
}

export function visibleTools(
  authority: Authority | undefined,
  caller: Caller,
): readonly VisibleTool[] {
  return runningPlugins(authority).flatMap((plugin) =>
    plugin.tools
      .filter(({ name }) => mayCall(caller, name))
      .map(({ name, title, description, result, asksClient, ...tool }) => ({
        name,
        ...(title !== undefined && { title }),
        description,
        plugin: plugin.name,
        version: plugin.version,
        tier: plugin.tier,
        inputSchema: tool.inputSchema,
        ...(tool.outputSchema && { outputSchema: tool.outputSchema }),
        annotations: { ...tool.annotations },
        ...(result && { result }),
        ...(asksClient && { asksClient }),
      })),
  );
}

export function runningPlugins(authority: Authority | undefined): readonly RegisteredPlugin[] {
  return (authority?.plugins ?? []).filter(({ state }) => state === 'running');
}

export function mayCall(caller: Caller, name: string): boolean {
  const resource = toResource('name', name);
  return resource.ok && holds(caller, `tool:call:${resource.value}`, Date.now());
}

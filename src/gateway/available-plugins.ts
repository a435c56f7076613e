/**
 * Which tools could be called right now: those of an executor's tier only while a node that has
 * their plugin is there.
 *
 * @module
 */

import { openNodes } from '../blocks/node/node-client.ts';
import type { RegisteredPlugin } from '../core/manifest/registered-plugin.ts';
import type { WorkspaceId } from '../core/primitives/ids.ts';
import type { GatewayBindings } from './bindings.ts';
import type { VisibleTool } from './visible-tools.ts';

/** Asks the nodes only where a plugin needs one. */
export async function findAvailable(
  env: GatewayBindings,
  workspace: WorkspaceId,
  plugins: readonly RegisteredPlugin[],
): Promise<(tool: VisibleTool) => boolean> {
  const hosted = plugins.filter(({ tier }) => tier !== 'wasm' && tier !== 'built-in');
  const nodes = hosted.length === 0 ? [] : await openNodes(env, workspace).list();
  const offered = nodes.filter(({ state }) => state === 'online').flatMap((node) => node.plugins);
  const missing = hosted.filter(
    ({ name, codeHash, tier }) =>
      !offered.some((it) => it.name === name && it.codeHash === codeHash && it.tier === tier),
  );
  return ({ plugin, version }) =>
    !missing.some((it) => it.name === plugin && it.version === version);
}

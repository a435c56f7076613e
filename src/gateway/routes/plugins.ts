/**
 * `/v1/plugins`: review and install, list, stop, delete.
 *
 * @module
 */

import * as z from 'zod';
import type { InstallPlugin, PluginDescription } from '../../blocks/workspace/workspace-api.ts';
import { openWorkspace, type WorkspaceClient } from '../../blocks/workspace/workspace-client.ts';
import { type Manifest, parseManifest } from '../../core/manifest/manifest.ts';
import { PLUGIN_STATES } from '../../core/manifest/plugin-state.ts';
import { TIERS } from '../../core/manifest/tier.ts';
import { toRegisteredPlugin } from '../../core/manifest/to-registered-plugin.ts';
import { parseJson } from '../../core/primitives/parse-json.ts';
import { canRun, reviewModule } from '../../tiers/wasm/review-module.ts';
import { json, noContent } from '../json-response.ts';
import { readUpload, type Upload } from '../read-upload.ts';
import { Refusal } from '../refusal.ts';
import { defineRoute, type Route, type RouteRequest } from '../route.ts';
import { fromWorkspace } from '../workspace-refusal.ts';

const MAX_MANIFEST_BYTES = 262_144;
const MAX_MANIFEST_DEPTH = 48;

const plugin = z.object({
  name: z.string(),
  version: z.string(),
  sha256: z.string(),
  state: z.enum(PLUGIN_STATES),
  tier: z.enum(TIERS),
  reason: z.string().optional(),
  installedAt: z.number(),
  installedBy: z.string(),
  manifest: z.record(z.string(), z.unknown()).optional(),
});

const workspaceOf = ({
  env,
  caller,
}: Pick<RouteRequest<unknown, unknown>, 'env' | 'caller'>): WorkspaceClient =>
  openWorkspace(env, caller.principal.workspace);

const actorOf = ({
  caller,
  requestId,
}: Pick<RouteRequest<unknown, unknown>, 'caller' | 'requestId'>) => ({
  principal: caller.principal,
  requestId,
});

const installPlugin = defineRoute(
  {
    method: 'POST',
    path: '/v1/plugins',
    operation: 'installPlugin',
    summary: 'Install or update a plugin: `manifest` (JSON) and, for the wasm tier, `module`',
    tag: 'plugins',
    access: 'system:plugin:install',
    bodyKind: 'multipart',
    success: { status: 201, describes: plugin },
  },
  async (request) => {
    const upload = await readUpload(request.raw);
    const manifest = readManifest(upload.manifest);
    const described = await workspaceOf(request).describe();
    if (described === undefined) throw new Refusal('not_found');
    const prepared = prepare(manifest, upload, described.policy.tierFloor);
    if (!canRun(request.env, prepared.plugin.codeHash)) throw noLoader();
    const installed = await workspaceOf(request).installPlugin(actorOf(request), prepared);
    if (!installed.ok) throw fromWorkspace(installed.error);
    const { name } = installed.value;
    return json(installed.value, 201, { Location: `/v1/plugins/${name}` });
  },
);

function readManifest(text: string): Manifest {
  const parsed = parseJson(text, { maxBytes: MAX_MANIFEST_BYTES, maxDepth: MAX_MANIFEST_DEPTH });
  if (!parsed.ok) {
    throw new Refusal('malformed_json', {
      detail: 'Cannot read manifest: it must be JSON of at most 256 KiB without duplicate keys',
    });
  }
  const manifest = parseManifest(parsed.value);
  if (manifest.ok) return manifest.value;
  throw new Refusal('invalid_body', {
    detail: 'Cannot install the plugin: its manifest must hold',
    errors: manifest.error,
  });
}

function prepare(
  manifest: Manifest,
  upload: Upload,
  tierFloor: Parameters<typeof toRegisteredPlugin>[0]['tierFloor'],
): InstallPlugin {
  const manifestText = upload.manifest;
  if (manifest.tier !== 'wasm') {
    throw new Refusal('tier_unavailable', {
      detail: `Cannot install the plugin: no node of this deployment serves tier "${manifest.tier}"`,
    });
  }
  if (upload.module === undefined) {
    throw new Refusal('invalid_body', {
      detail: 'Cannot install the plugin: the wasm tier needs its module',
      errors: [{ pointer: '/module', detail: 'it must be sent as a file' }],
    });
  }
  const reviewed = reviewModule(upload.module, manifest);
  if (!reviewed.ok) throw new Refusal(reviewed.error.code, reviewed.error);
  const { codeHash, hardened, hardeningVersion } = reviewed.value;
  return {
    manifestText,
    plugin: toRegisteredPlugin({ manifest, codeHash, tierFloor }),
    code: { original: upload.module, hardened, hardeningVersion },
  };
}

function noLoader(): Refusal {
  return new Refusal('tier_unavailable', {
    detail: 'Cannot install the plugin: without a Worker loader only bundled plugins can run',
  });
}

const listPlugins = defineRoute(
  {
    method: 'GET',
    path: '/v1/plugins',
    operation: 'listPlugins',
    summary: 'List the plugins of the workspace',
    tag: 'plugins',
    access: 'system:plugin:list',
    success: { status: 200, describes: z.object({ plugins: z.array(plugin) }) },
  },
  async (request) => json({ plugins: await workspaceOf(request).listPlugins() }),
);

const readPlugin = defineRoute(
  {
    method: 'GET',
    path: '/v1/plugins/{name}',
    operation: 'readPlugin',
    summary: 'Describe a plugin, with its manifest',
    tag: 'plugins',
    access: 'system:plugin:list',
    success: { status: 200, describes: plugin },
  },
  async (request) => json(found(await workspaceOf(request).plugin(request.params.name ?? ''))),
);

const stopPlugin = defineRoute(
  {
    method: 'POST',
    path: '/v1/plugins/{name}/stop',
    operation: 'stopPlugin',
    summary: 'Stop a plugin at once: no further call is dispatched, running ones end',
    tag: 'plugins',
    access: 'system:plugin:stop',
    success: { status: 200, describes: plugin },
  },
  async (request) => {
    const name = request.params.name ?? '';
    return json(found(await workspaceOf(request).stopPlugin(actorOf(request), name)));
  },
);

const deletePlugin = defineRoute(
  {
    method: 'DELETE',
    path: '/v1/plugins/{name}',
    operation: 'deletePlugin',
    summary: 'Stop a plugin and forget it, code and all',
    tag: 'plugins',
    access: 'system:plugin:delete',
    success: { status: 204, describes: z.undefined() },
  },
  async (request) => {
    const name = request.params.name ?? '';
    if (!(await workspaceOf(request).deletePlugin(actorOf(request), name))) throw noPlugin();
    return noContent();
  },
);

function found(description: PluginDescription | undefined): PluginDescription {
  if (description === undefined) throw noPlugin();
  return description;
}

function noPlugin(): Refusal {
  return new Refusal('not_found', { detail: 'There is no such plugin' });
}

export const pluginRoutes: readonly Route[] = [
  installPlugin,
  listPlugins,
  readPlugin,
  stopPlugin,
  deletePlugin,
];

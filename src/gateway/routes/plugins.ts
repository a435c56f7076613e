/**
 * `/v1/plugins`: list, describe, stop, delete. How plugins come in is in `plugin-install.ts`.
 *
 * @module
 */

import * as z from 'zod';
import { openSignIns } from '../../blocks/vault/sign-in-client.ts';
import { openWorkspace, type WorkspaceClient } from '../../blocks/workspace/workspace-client.ts';
import { actorOf, namedActorOf } from '../actor-of.ts';
import { json, noContent } from '../json-response.ts';
import { found, noSuch } from '../refusal.ts';
import { defineRoute, type Route, type RouteRequest } from '../route.ts';
import { withSignIn, withSignInIfKnown, withSignIns } from '../with-sign-ins.ts';
import { pluginSchema, quarantinedSchema } from './plugin-schema.ts';

const ownWorkspace = ({
  env,
  caller,
}: Pick<RouteRequest<unknown, unknown>, 'env' | 'caller'>): WorkspaceClient =>
  openWorkspace(env, caller.principal.workspace);

const listPlugins = defineRoute(
  {
    method: 'GET',
    path: '/v1/plugins',
    operation: 'listPlugins',
    summary: 'List the plugins of the workspace, and the code that is in quarantine',
    tag: 'plugins',
    access: 'system:plugin:list',
    success: {
      status: 200,
      describes: z.object({
        plugins: z.array(pluginSchema),
        quarantined: z.array(quarantinedSchema),
      }),
    },
  },
  async (request) => {
    const workspace = ownWorkspace(request);
    const [plugins, quarantined] = await Promise.all([
      workspace.listPlugins(),
      workspace.listQuarantined(),
    ]);
    return json({ plugins: await withSignIns(request, plugins), quarantined });
  },
);

const readPlugin = defineRoute(
  {
    method: 'GET',
    path: '/v1/plugins/{name}',
    operation: 'readPlugin',
    summary: 'Describe a plugin, with its manifest',
    tag: 'plugins',
    access: 'system:plugin:list',
    success: { status: 200, describes: pluginSchema },
  },
  async (request) => {
    const plugin = found(await ownWorkspace(request).plugin(request.params.name ?? ''), 'plugin');
    return json(await withSignIn(request, plugin));
  },
);

const stopPlugin = defineRoute(
  {
    method: 'POST',
    path: '/v1/plugins/{name}/stop',
    operation: 'stopPlugin',
    summary: 'Stop a plugin at once: no further call is dispatched, running ones end',
    tag: 'plugins',
    access: 'system:plugin:stop',
    success: { status: 200, describes: pluginSchema },
  },
  async (request) => {
    const name = request.params.name ?? '';
    const plugin = await ownWorkspace(request).stopPlugin(actorOf(request), name);
    return json(await withSignInIfKnown(request, found(plugin, 'plugin')));
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
    const { env, caller } = request;
    await openSignIns(env, caller.principal.workspace).endSignInsOf(namedActorOf(request), {
      plugin: name,
    });
    if (!(await ownWorkspace(request).deletePlugin(actorOf(request), name))) throw noSuch('plugin');
    return noContent();
  },
);

export const pluginRoutes: readonly Route[] = [listPlugins, readPlugin, stopPlugin, deletePlugin];

/**
 * `/v1/plugins/{name}/quarantine` and `/release`: the kill switch, and the only way back.
 *
 * @module
 */

import * as z from 'zod';
import { openWorkspace } from '../../blocks/workspace/workspace-client.ts';
import { actorOf } from '../actor-of.ts';
import { json } from '../json-response.ts';
import { found } from '../refusal.ts';
import { defineRoute, type Route, type RouteRequest } from '../route.ts';
import { withSignInIfKnown } from '../with-sign-ins.ts';
import { pluginSchema, quarantinedSchema } from './plugin-schema.ts';

/** Longest remark on a quarantine, in characters. */
const MAX_REASON_LENGTH = 500;

const quarantineBody = z.strictObject({ reason: z.string().max(MAX_REASON_LENGTH).optional() });

const quarantinePlugin = defineRoute(
  {
    method: 'POST',
    path: '/v1/plugins/{name}/quarantine',
    operation: 'quarantinePlugin',
    summary: 'End a plugin at once, and keep its name and its code from running until a release',
    tag: 'plugins',
    access: 'system:plugin:stop',
    body: quarantineBody,
    mayOmitBody: true,
    success: { status: 200, describes: pluginSchema },
  },
  async (request) => {
    const { client, actor, name } = about(request);
    const plugin = await client.quarantinePlugin(actor, name, request.body.reason);
    return json(await withSignInIfKnown(request, found(plugin, 'plugin')));
  },
);

const releasePlugin = defineRoute(
  {
    method: 'POST',
    path: '/v1/plugins/{name}/release',
    operation: 'releasePlugin',
    summary: 'Let a quarantined name and its code be installed again; nothing is started',
    tag: 'plugins',
    access: 'system:plugin:release',
    success: {
      status: 200,
      describes: z.object({
        released: z.array(quarantinedSchema),
        plugin: pluginSchema.optional(),
      }),
    },
  },
  async (request) => {
    const { client, actor, name } = about(request);
    const { plugin, ...released } = found(await client.releasePlugin(actor, name), 'plugin');
    return json({
      ...released,
      ...(plugin && { plugin: await withSignInIfKnown(request, plugin) }),
    });
  },
);

function about(request: RouteRequest<unknown, unknown>) {
  const { env, caller, params } = request;
  return {
    client: openWorkspace(env, caller.principal.workspace),
    actor: actorOf(request),
    name: params.name ?? '',
  };
}

export const pluginQuarantineRoutes: readonly Route[] = [quarantinePlugin, releasePlugin];

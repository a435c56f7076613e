/**
 * `/v1/plugins/{name}/quarantine` and `/release`: the kill switch, and the only way back.
 *
 * @module
 */

import * as z from 'zod';
import { openWorkspace } from '../../blocks/workspace/workspace-client.ts';
import { json } from '../json-response.ts';
import { Refusal } from '../refusal.ts';
import { defineRoute, type Route, type RouteRequest } from '../route.ts';
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
    if (plugin === undefined) throw noPlugin();
    return json(plugin);
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
    const released = await client.releasePlugin(actor, name);
    if (released === undefined) throw noPlugin();
    return json(released);
  },
);

function about({ env, caller, requestId, params }: RouteRequest<unknown, unknown>) {
  const { principal } = caller;
  return {
    client: openWorkspace(env, principal.workspace),
    actor: { principal, requestId },
    name: params.name ?? '',
  };
}

function noPlugin(): Refusal {
  return new Refusal('not_found', { detail: 'There is no such plugin' });
}

export const pluginQuarantineRoutes: readonly Route[] = [quarantinePlugin, releasePlugin];

/**
 * `/v1/plugins/{name}/config` and `/logs`: what an operator gives a plugin, and what it has said.
 *
 * @module
 */

import * as z from 'zod';
import { openWorkspace } from '../../blocks/workspace/workspace-client.ts';
import { isJsonObject, type JsonValue } from '../../core/primitives/json.ts';
import { redactLog } from '../../tiers/wasm/redact-log.ts';
import { readPluginLogs } from '../../tiers/wasm/wasm-tier-runner.ts';
import { actorOf } from '../actor-of.ts';
import { json } from '../json-response.ts';
import { knownSecretsOf } from '../known-secrets.ts';
import { found, noSuch, Refusal } from '../refusal.ts';
import { defineRoute, type Route, type RouteRequest } from '../route.ts';
import { withSignInIfKnown } from '../with-sign-ins.ts';
import { fromWorkspace } from '../workspace-refusal.ts';
import { pluginSchema } from './plugin-schema.ts';

const configurePlugin = defineRoute(
  {
    method: 'PUT',
    path: '/v1/plugins/{name}/config',
    operation: 'configurePlugin',
    summary: 'Replace the settings of a plugin; they must be as its manifest describes',
    tag: 'plugins',
    access: 'system:plugin:install',
    body: z.strictObject({ values: z.record(z.string(), z.unknown()) }),
    success: { status: 200, describes: pluginSchema },
  },
  async (request) => {
    const { workspace, actor, name } = about(request);
    // It was parsed from JSON.
    const values = request.body.values as JsonValue;
    if (!isJsonObject(values)) throw new Refusal('invalid_body');
    const configured = await workspace.configurePlugin(actor, name, values);
    if (configured === undefined) throw noSuch('plugin');
    if (!configured.ok) throw fromWorkspace(configured.error);
    return json(await withSignInIfKnown(request, configured.value));
  },
);

const log = z.object({
  at: z.number(),
  callKey: z.string().optional(),
  tool: z.string().optional(),
  version: z.string(),
  outcome: z.string(),
  lines: z.array(z.object({ level: z.string(), text: z.string() })),
  dropped: z.number(),
});

/** Logs may hold what callers have sent, so they are for those who answer for the plugin. */
const readLogs = defineRoute(
  {
    method: 'GET',
    path: '/v1/plugins/{name}/logs',
    operation: 'readPluginLogs',
    summary: 'Read what a plugin has logged in its latest calls and starts, newest first',
    tag: 'plugins',
    access: 'system:plugin:install',
    success: { status: 200, describes: z.object({ calls: z.array(log) }) },
  },
  async (request) => {
    const { workspace, name } = about(request);
    found(await workspace.plugin(name), 'plugin');
    const { env, caller } = request;
    const [logs, known] = await Promise.all([
      readPluginLogs(env, caller.principal.workspace, name),
      knownSecretsOf(env, caller.principal, 'present'),
    ]);
    const calls = logs.map((each) => ({ ...each, lines: redactLog(each.lines, known) }));
    return json({ calls });
  },
);

function about(request: RouteRequest<unknown, unknown>) {
  const { env, caller, params } = request;
  return {
    workspace: openWorkspace(env, caller.principal.workspace),
    actor: actorOf(request),
    name: params.name ?? '',
  };
}

export const pluginOperationRoutes: readonly Route[] = [configurePlugin, readLogs];

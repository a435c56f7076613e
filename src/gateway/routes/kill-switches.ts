/**
 * `/v1/switches`: what is ended at once, for a workspace, its writes, a tool, a principal or a
 * provider. See `docs/incident-response.md`.
 *
 * @module
 */

import * as z from 'zod';
import { openGovernance } from '../../blocks/workspace/governance-client.ts';
import { killSwitchSchema } from '../../core/policy/kill-switch.ts';
import { json, noContent } from '../json-response.ts';
import { Refusal } from '../refusal.ts';
import { defineRoute, type Route } from '../route.ts';

const thrownSwitch = z.object({
  killSwitch: z.record(z.string(), z.string()),
  at: z.number(),
  by: z.string(),
  reason: z.string().optional(),
});

const list = defineRoute(
  {
    method: 'GET',
    path: '/v1/switches',
    operation: 'listSwitches',
    summary: 'List the kill switches that are thrown',
    tag: 'incidents',
    access: 'system:config:read',
    success: { status: 200, describes: z.object({ switches: z.array(thrownSwitch) }) },
  },
  async ({ env, caller }) =>
    json({ switches: await openGovernance(env, caller.principal.workspace).listSwitches() }),
);

const throwSwitch = defineRoute(
  {
    method: 'POST',
    path: '/v1/switches',
    operation: 'throwSwitch',
    summary: 'Throw a kill switch; answered once no turn goes by what was before',
    tag: 'incidents',
    access: 'system:config:write',
    body: z.strictObject({ killSwitch: killSwitchSchema, reason: z.string().max(200).optional() }),
    success: { status: 204, describes: z.undefined() },
  },
  async ({ env, caller: { principal }, requestId, body }) => {
    const governance = openGovernance(env, principal.workspace);
    await governance.throwSwitch({ principal, requestId }, body.killSwitch, body.reason);
    return noContent();
  },
);

const release = defineRoute(
  {
    method: 'POST',
    path: '/v1/switches/release',
    operation: 'releaseSwitch',
    summary: 'Release a kill switch: from now on policy and grants decide again',
    tag: 'incidents',
    access: 'system:config:write',
    body: z.strictObject({ killSwitch: killSwitchSchema }),
    success: { status: 204, describes: z.undefined() },
  },
  async ({ env, caller: { principal }, requestId, body }) => {
    const governance = openGovernance(env, principal.workspace);
    const released = await governance.releaseSwitch({ principal, requestId }, body.killSwitch);
    if (!released)
      throw new Refusal('not_found', { detail: 'Cannot release the switch: it must be thrown' });
    return noContent();
  },
);

export const killSwitchRoutes: readonly Route[] = [list, throwSwitch, release];

/**
 * `/v1/explain`: why something is allowed or not.
 *
 * @module
 */

import * as z from 'zod';
import { openWorkspace } from '../../blocks/workspace/workspace-client.ts';
import { explain } from '../../core/policy/explain.ts';
import { json } from '../json-response.ts';
import { found } from '../refusal.ts';
import { defineRoute, type Route } from '../route.ts';

const explainBody = z.strictObject({
  /** `kind:id` of a principal of the workspace; the caller if absent. */
  principal: z.string().max(80).optional(),
  plugin: z.string().max(64).optional(),
  /** A tool, instead of its plugin. */
  tool: z.string().max(64).optional(),
  capability: z.string().max(512),
  /** Of what may have shaped the call: then the information-flow rules are asked as well. */
  label: z
    .strictObject({
      integrity: z.enum(['trusted', 'untrusted']),
      confidentiality: z.enum(['public', 'workspace', 'secret']),
    })
    .optional(),
});

const explainRoute = defineRoute(
  {
    method: 'POST',
    path: '/v1/explain',
    operation: 'explain',
    summary: 'Why a capability is allowed or denied, and the smallest grant that is missing',
    tag: 'decisions',
    access: 'system:explain',
    body: explainBody,
    success: {
      status: 200,
      describes: z.object({
        allowed: z.boolean(),
        reason: z.string().optional(),
        legs: z.array(z.record(z.string(), z.unknown())),
        missingGrant: z.string().optional(),
      }),
    },
  },
  async ({ env, caller, body }) => {
    const workspace = openWorkspace(env, caller.principal.workspace);
    const authority =
      body.principal === undefined
        ? await workspace.authority(caller.principal)
        : await workspace.authorityOf(body.principal);
    return json(
      explain(found(authority, 'principal'), {
        capability: body.capability,
        now: Date.now(),
        ...(body.plugin !== undefined && { plugin: body.plugin }),
        ...(body.tool !== undefined && { tool: body.tool }),
        ...(body.label !== undefined && { label: body.label }),
      }),
    );
  },
);

export const decisionRoutes: readonly Route[] = [explainRoute];

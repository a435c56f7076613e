/**
 * `/v1/explain`: why something is allowed or not.
 *
 * @module
 */

import * as z from 'zod';
import { openGovernance } from '../../blocks/workspace/governance-client.ts';
import { openWorkspace } from '../../blocks/workspace/workspace-client.ts';
import type { Authority } from '../../core/policy/authority.ts';
import { explain } from '../../core/policy/explain.ts';
import { toPrincipalName } from '../../core/policy/principal.ts';
import type { GatewayBindings } from '../bindings.ts';
import { json } from '../json-response.ts';
import { found } from '../refusal.ts';
import { type Caller, defineRoute, type Route } from '../route.ts';

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
        legs: z.array(
          z.object({
            leg: z.string(),
            answer: z.enum(['yes', 'no', 'not-asked']),
            reason: z.string().optional(),
            /** The pattern of a deny list, or the cell of `policy.flow`, that said no. */
            rule: z.string().optional(),
          }),
        ),
        missingGrant: z.string().optional(),
        /** What was thrown against it, as `GET /v1/switches` says it: no grant helps. */
        killSwitch: z.record(z.string(), z.string()).optional(),
      }),
    },
  },
  async ({ env, caller, body }) => {
    const [authority, thrown] = await Promise.all([
      authorityOf(env, caller, body.principal),
      openGovernance(env, caller.principal.workspace).listSwitches(),
    ]);
    return json(
      explain(found(authority, 'principal'), {
        capability: body.capability,
        now: Date.now(),
        switches: thrown.map(({ killSwitch }) => killSwitch),
        ...(body.plugin !== undefined && { plugin: body.plugin }),
        ...(body.tool !== undefined && { tool: body.tool }),
        ...(body.label !== undefined && { label: body.label }),
      }),
    );
  },
);

/** Root has no tokens to be found by, so a caller who names himself is asked about as he is. */
async function authorityOf(
  env: GatewayBindings,
  { principal }: Caller,
  name = toPrincipalName(principal),
): Promise<Authority | undefined> {
  const workspace = openWorkspace(env, principal.workspace);
  if (name === toPrincipalName(principal)) return await workspace.authority(principal);
  return await workspace.authorityOf(name);
}

export const decisionRoutes: readonly Route[] = [explainRoute];

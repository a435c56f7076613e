/**
 * `/v1/budgets`: what is used of the budgets that policy sets.
 *
 * @module
 */

import * as z from 'zod';
import { openWorkspace } from '../../blocks/workspace/workspace-client.ts';
import { toSpenderName } from '../../core/policy/principal.ts';
import { json } from '../json-response.ts';
import { principalNameSchema } from '../principal-name.ts';
import { defineRoute, type Route } from '../route.ts';

const query = z.strictObject({
  /** The caller, unless it is said. */
  principal: principalNameSchema.optional(),
  session: z.string().max(200).optional(),
});

const spend = z.object({ costMicroUsd: z.number(), tokens: z.number() });

const budgets = z.object({
  budgets: z.array(
    z.object({
      holder: z.string(),
      period: z.string(),
      budget: spend,
      used: spend,
      beginsAt: z.number(),
      endsAt: z.number().optional(),
    }),
  ),
});

const readBudgets = defineRoute(
  {
    method: 'GET',
    path: '/v1/budgets',
    operation: 'readBudgets',
    summary: 'Read what is used of the budgets of the workspace, of a principal and of a session',
    tag: 'workspaces',
    access: 'system:config:read',
    query,
    success: { status: 200, describes: budgets },
  },
  async ({ env, caller, query: { principal, session } }) => {
    const holders = {
      principal: principal ?? toSpenderName(caller.principal),
      ...(session !== undefined && { sessionId: session }),
    };
    const client = openWorkspace(env, caller.principal.workspace);
    return json({ budgets: await client.describeBudgets(holders) });
  },
);

export const budgetRoutes: readonly Route[] = [readBudgets];

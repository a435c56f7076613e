/**
 * `POST /v1/workspaces/{id}/policy/dry-run`: what the calls since an instant would have got under a
 * policy that is not in force.
 *
 * @module
 */

import * as z from 'zod';
import { openGovernance } from '../../blocks/workspace/governance-client.ts';
import { DryRun } from '../../core/policy/dry-run.ts';
import { policySchema } from '../../core/policy/policy.ts';
import { json } from '../json-response.ts';
import { readRecord } from '../read-record.ts';
import { found } from '../refusal.ts';
import { defineRoute, type Route } from '../route.ts';
import { workspaceOf } from '../workspace-of.ts';

const WEEK_MS = 7 * 86_400_000;

const dryRun = defineRoute(
  {
    method: 'POST',
    path: '/v1/workspaces/{id}/policy/dry-run',
    operation: 'dryRunPolicy',
    summary: 'What the recorded calls of tools would have got under this policy; changes nothing',
    tag: 'workspaces',
    access: 'system:audit:read',
    body: z.strictObject({
      policy: policySchema,
      /** Epoch milliseconds; a week ago unless stated. */
      from: z.number().int().min(0).optional(),
      after: z.number().int().min(0).default(0),
    }),
    success: {
      status: 200,
      describes: z.object({
        tools: z.record(
          z.string(),
          z.object({ allowed: z.number(), denied: z.number(), would: z.string() }),
        ),
        next: z.number().optional(),
      }),
    },
  },
  async (request) => {
    const { env, body } = request;
    const { id } = workspaceOf(request);
    const { plugins } = found(await openGovernance(env, id).describeForProof(), 'workspace');
    const run = new DryRun(body.policy, plugins);
    const from = body.from ?? Date.now() - WEEK_MS;
    const part = { workspace: id, action: 'tool-call', from, after: body.after };
    const next = await readRecord(env, part, (event) => run.add(event));
    return json({ tools: run.read(), ...(next !== undefined && { next }) });
  },
);

export const policyDryRunRoutes: readonly Route[] = [dryRun];

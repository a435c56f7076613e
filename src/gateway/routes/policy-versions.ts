/**
 * `/v1/workspaces/{id}/policy/…`: which policies there were, what differs, and the way back.
 *
 * @module
 */

import * as z from 'zod';
import { openGovernance } from '../../blocks/workspace/governance-client.ts';
import type { Policy } from '../../core/policy/policy.ts';
import { diffPolicies } from '../../core/policy/policy-diff.ts';
import type { JsonValue } from '../../core/primitives/json.ts';
import { actorOf } from '../actor-of.ts';
import { json } from '../json-response.ts';
import { found, Refusal } from '../refusal.ts';
import { defineRoute, type Route } from '../route.ts';
import { workspaceOf } from '../workspace-of.ts';
import { fromWorkspace } from '../workspace-refusal.ts';

const revision = z.coerce.number().int().min(1);

const versions = defineRoute(
  {
    method: 'GET',
    path: '/v1/workspaces/{id}/policy/history',
    operation: 'policyHistory',
    summary: 'List the versions of the policy, newest first',
    tag: 'workspaces',
    access: 'system:config:read',
    success: {
      status: 200,
      describes: z.object({
        versions: z.array(z.object({ revision: z.number(), at: z.number(), by: z.string() })),
      }),
    },
  },
  async (request) => {
    const { id } = workspaceOf(request);
    const all = await openGovernance(request.env, id).policyVersions();
    return json({ versions: found(all, 'workspace') });
  },
);

const diff = defineRoute(
  {
    method: 'GET',
    path: '/v1/workspaces/{id}/policy/diff',
    operation: 'diffPolicies',
    summary: 'What differs between the policies of two revisions, by JSON Pointer',
    tag: 'workspaces',
    access: 'system:config:read',
    query: z.strictObject({ from: revision, to: revision }),
    success: {
      status: 200,
      describes: z.object({ changes: z.array(z.record(z.string(), z.unknown())) }),
    },
  },
  async (request) => {
    const { id } = workspaceOf(request);
    const governance = openGovernance(request.env, id);
    const [from, to] = await Promise.all([
      governance.policyAt(request.query.from),
      governance.policyAt(request.query.to),
    ]);
    return json({ changes: diffPolicies(toJsonValue(from), toJsonValue(to)) });
  },
);

const rollBack = defineRoute(
  {
    method: 'POST',
    path: '/v1/workspaces/{id}/policy/rollback',
    operation: 'rollBackPolicy',
    summary: 'Put the policy of an earlier revision in force again, as a new revision',
    tag: 'workspaces',
    access: 'system:config:write',
    body: z.strictObject({ revision: z.number().int().min(1) }),
    success: { status: 200, describes: z.object({ revision: z.number() }) },
    idempotency: 'replay',
  },
  async (request) => {
    const { env, body } = request;
    const governance = openGovernance(env, workspaceOf(request).id);
    const changed = await governance.rollBackPolicy(actorOf(request), body.revision);
    if (!changed.ok) throw fromWorkspace(changed.error);
    return json({ revision: changed.value.revision });
  },
);

const describe = defineRoute(
  {
    method: 'GET',
    path: '/v1/workspaces/{id}/policy/export',
    operation: 'exportPolicy',
    summary: 'What `policy check` decides about: rules, tools, and what each principal holds',
    tag: 'workspaces',
    access: 'system:config:read',
    success: { status: 200, describes: z.record(z.string(), z.unknown()) },
  },
  async (request) => {
    const { id } = workspaceOf(request);
    return json(found(await openGovernance(request.env, id).describeForProof(), 'workspace'));
  },
);

/** A policy is JSON by what it is made of. */
function toJsonValue(policy: Policy | undefined): JsonValue {
  if (policy === undefined) {
    throw new Refusal('not_found', { detail: 'There is no policy of this revision' });
  }
  return JSON.parse(JSON.stringify(policy));
}

export const policyVersionRoutes: readonly Route[] = [versions, diff, rollBack, describe];

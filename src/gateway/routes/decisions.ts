/**
 * `/v1/explain` and `/v1/audit`: why something is allowed or not, and what was decided.
 *
 * @module
 */

import * as z from 'zod';
import { openAudit } from '../../blocks/audit/audit-client.ts';
import { openWorkspace } from '../../blocks/workspace/workspace-client.ts';
import { AUDIT_ACTIONS } from '../../core/audit/audit-event.ts';
import { explain } from '../../core/policy/explain.ts';
import { json } from '../json-response.ts';
import { Refusal } from '../refusal.ts';
import { defineRoute, type Route } from '../route.ts';

const explainBody = z.strictObject({
  /** `kind:id` of a principal of the workspace; the caller if absent. */
  principal: z.string().max(80).optional(),
  plugin: z.string().max(64).optional(),
  /** A tool, instead of its plugin. */
  tool: z.string().max(64).optional(),
  capability: z.string().max(512),
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
    if (authority === undefined) {
      throw new Refusal('not_found', { detail: 'There is no such principal' });
    }
    return json(
      explain(authority, {
        capability: body.capability,
        now: Date.now(),
        ...(body.plugin !== undefined && { plugin: body.plugin }),
        ...(body.tool !== undefined && { tool: body.tool }),
      }),
    );
  },
);

const auditQuery = z.strictObject({
  after: z.coerce.number().int().min(0).default(0),
  limit: z.coerce.number().int().min(1).max(500).default(100),
  action: z.enum(AUDIT_ACTIONS).optional(),
  decision: z.enum(['allowed', 'denied', 'observed']).optional(),
});

const auditRecord = z.object({
  seq: z.number(),
  source: z.string(),
  sourceSeq: z.number(),
  event: z.record(z.string(), z.unknown()),
  previousHash: z.string(),
  hash: z.string(),
});

const queryAudit = defineRoute(
  {
    method: 'GET',
    path: '/v1/audit',
    operation: 'queryAudit',
    summary: 'Read the record of decisions, oldest first',
    tag: 'decisions',
    access: 'system:audit:read',
    query: auditQuery,
    success: {
      status: 200,
      describes: z.object({ records: z.array(auditRecord), next: z.number().optional() }),
    },
  },
  async ({ env, caller, query }) => {
    const { after, limit, action, decision } = query;
    const page = await openAudit(env, caller.principal.workspace).query({
      after,
      limit,
      ...(action !== undefined && { action }),
      ...(decision !== undefined && { decision }),
    });
    return json(page);
  },
);

const verifyAudit = defineRoute(
  {
    method: 'GET',
    path: '/v1/audit/verify',
    operation: 'verifyAudit',
    summary: 'Recompute the hash chain and name the first record that does not hold',
    tag: 'decisions',
    access: 'system:audit:read',
    success: {
      status: 200,
      describes: z.object({
        ok: z.boolean(),
        count: z.number(),
        head: z.string(),
        firstBad: z.object({ seq: z.number(), problem: z.string() }).optional(),
      }),
    },
  },
  async ({ env, caller }) => json(await openAudit(env, caller.principal.workspace).verify()),
);

export const decisionRoutes: readonly Route[] = [explainRoute, queryAudit, verifyAudit];

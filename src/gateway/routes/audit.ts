/**
 * `/v1/audit`: what was decided, read by those who may, and whole for those who keep it elsewhere.
 *
 * @module
 */

import * as z from 'zod';
import type { AuditQuery } from '../../blocks/audit/audit-api.ts';
import { openAudit } from '../../blocks/audit/audit-client.ts';
import { AUDIT_ACTIONS } from '../../core/audit/audit-event.ts';
import { holdsStill } from '../admit.ts';
import { exportLines, ocsfLines, toLineStream } from '../audit-export.ts';
import { auditKey } from '../deployment-keys.ts';
import { json } from '../json-response.ts';
import { defineRoute, type Route } from '../route.ts';

const instant = z.coerce.number().int().min(0);
const name = z.string().min(1).max(128);

const auditQuery = z.strictObject({
  after: z.coerce.number().int().min(0).default(0),
  limit: z.coerce.number().int().min(1).max(500).default(100),
  action: z.enum(AUDIT_ACTIONS).optional(),
  decision: z.enum(['allowed', 'denied', 'observed']).optional(),
  /** Epoch milliseconds: not before, and before. */
  from: instant.optional(),
  to: instant.optional(),
  /** `kind:id` of a principal, or `gateway`. */
  actor: name.optional(),
  plugin: name.optional(),
  tool: name.optional(),
  session: name.optional(),
  turn: name.optional(),
});

const auditRecord = z.object({
  seq: z.number(),
  source: z.string(),
  sourceSeq: z.number(),
  /** What else it holds depends on the action. */
  event: z.looseObject({
    action: z.string(),
    decision: z.enum(['allowed', 'denied', 'observed']),
    at: z.number(),
    actor: z.string(),
  }),
  previousHash: z.string(),
  hash: z.string(),
});

const queryAudit = defineRoute(
  {
    method: 'GET',
    path: '/v1/audit',
    operation: 'queryAudit',
    summary: 'Read the record of decisions, oldest first',
    tag: 'audit',
    access: 'system:audit:read',
    query: auditQuery,
    success: {
      status: 200,
      describes: z.object({ records: z.array(auditRecord), next: z.number().optional() }),
    },
  },
  async ({ env, caller, query }) =>
    json(await openAudit(env, caller.principal.workspace).query(toQuery(query))),
);

function toQuery({ session, turn, ...query }: z.infer<typeof auditQuery>): AuditQuery {
  const named = { ...query, sessionId: session, turnId: turn };
  const given = Object.entries(named).filter(([, value]) => value !== undefined);
  return { after: query.after, limit: query.limit, ...Object.fromEntries(given) };
}

const verifyAudit = defineRoute(
  {
    method: 'GET',
    path: '/v1/audit/verify',
    operation: 'verifyAudit',
    summary: 'Recompute the hash chain and name the first record that does not hold',
    tag: 'audit',
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

const exportAudit = defineRoute(
  {
    method: 'GET',
    path: '/v1/audit/export',
    operation: 'exportAudit',
    summary: 'The whole record as lines of JSON, with its signed checkpoints or as OCSF events',
    tag: 'audit',
    access: 'system:audit:read',
    query: z.strictObject({ format: z.enum(['ndjson', 'ocsf']).default('ndjson') }),
    success: { status: 200, describes: 'lines' },
  },
  async ({ env, caller, query }) => {
    const { workspace } = caller.principal;
    const audit = openAudit(env, workspace);
    const { publicKey } = auditKey(env.SALLYPORT_MASTER_KEY);
    const lines =
      query.format === 'ocsf'
        ? ocsfLines(audit, workspace)
        : exportLines(audit, { workspace, publicKey });
    const mayStill = () => holdsStill({ env, caller }, 'system:audit:read');
    return new Response(toLineStream(lines, mayStill), {
      headers: {
        'Content-Type': 'application/x-ndjson',
        'Content-Disposition': `attachment; filename="${workspace}-audit.ndjson"`,
        'Cache-Control': 'no-store',
      },
    });
  },
);

export const auditRoutes: readonly Route[] = [queryAudit, verifyAudit, exportAudit];

/**
 * `/v1/audit/retention`: for how long a workspace keeps what its audit says.
 *
 * @module
 */

import { openAudit } from '../../blocks/audit/audit-client.ts';
import { retentionSchema } from '../../core/audit/audit-class.ts';
import { toPrincipalName } from '../../core/policy/principal.ts';
import { json } from '../json-response.ts';
import { defineRoute, type Route } from '../route.ts';

const getRetention = defineRoute(
  {
    method: 'GET',
    path: '/v1/audit/retention',
    operation: 'auditRetention',
    summary: 'For how many days each class of records keeps its events',
    tag: 'audit',
    access: 'system:audit:read',
    success: { status: 200, describes: retentionSchema },
  },
  async ({ env, caller }) => json(await openAudit(env, caller.principal.workspace).retention()),
);

const putRetention = defineRoute(
  {
    method: 'PUT',
    path: '/v1/audit/retention',
    operation: 'putAuditRetention',
    summary: 'Say for how many days each class keeps its events; hashes are kept for good',
    tag: 'audit',
    access: 'system:admin',
    body: retentionSchema,
    success: { status: 200, describes: retentionSchema },
  },
  async ({ env, caller, requestId, body }) => {
    const audit = openAudit(env, caller.principal.workspace);
    await audit.setRetention(toPrincipalName(caller.principal), requestId, body);
    return json(body);
  },
);

export const auditRetentionRoutes: readonly Route[] = [getRetention, putRetention];

/**
 * `/v1/approvals`: what waits for a human, what exactly it would do, and his answer.
 *
 * A list shows which call of which tool is waiting; the arguments are read one approval at a time, from
 * the session that will run them.
 *
 * @module
 */

import * as z from 'zod';
import { askApprovals } from '../../blocks/approvals/approvals-client.ts';
import type { ApprovalView, DecisionRefusal } from '../../blocks/session/approval-api.ts';
import { APPROVAL_DECISIONS, type ApprovalDecision } from '../../core/policy/approval-decision.ts';
import { APPROVAL_STATES } from '../../core/policy/approval-state.ts';
import { err, type Result } from '../../core/primitives/result.ts';
import { json } from '../json-response.ts';
import { ACTING_HEADER } from '../open-block.ts';
import { sessionOfApproval } from '../open-session.ts';
import { found } from '../refusal.ts';
import { defineRoute, type Route, type RouteRequest } from '../route.ts';
import { fromDecision } from '../session-refusal.ts';

/** Most decisions in one request. */
const MAX_DECISIONS = 100;

const summary = z.object({
  id: z.string(),
  state: z.enum(APPROVAL_STATES),
  sessionId: z.string(),
  turnId: z.string(),
  round: z.number(),
  index: z.number(),
  tool: z.string(),
  plugin: z.string(),
  principal: z.string(),
  askedAt: z.number(),
  expiresAt: z.number(),
  decidedAt: z.number().optional(),
  decidedBy: z.string().optional(),
});

const view = summary.extend({
  pluginVersion: z.string(),
  codeHash: z.string(),
  /** The canonical arguments as JSON, with every invisible character written as `\u{…}`. */
  arguments: z.string(),
  capabilities: z.array(z.string()),
  label: z.object({ integrity: z.string(), confidentiality: z.string() }),
});

const listQuery = z.strictObject({
  state: z.enum(APPROVAL_STATES).optional(),
  session: z.string().max(64).optional(),
  after: z.coerce.number().int().min(0).default(0),
  limit: z.coerce.number().int().min(1).max(200).default(50),
});

const listApprovals = defineRoute(
  {
    method: 'GET',
    path: '/v1/approvals',
    operation: 'listApprovals',
    summary: 'List approvals of the last 30 days in the order in which they were asked for',
    tag: 'approvals',
    access: 'system:approval:list',
    query: listQuery,
    success: {
      status: 200,
      describes: z.object({ approvals: z.array(summary), next: z.number().optional() }),
    },
  },
  async ({ env, caller, query }) => {
    const { state, session: sessionId, after, limit } = query;
    const wanted = { ...(state && { state }), ...(sessionId && { sessionId }), after, limit };
    const { workspace } = caller.principal;
    return json(await askApprovals(env, workspace, (index) => index.list(wanted)));
  },
);

const readApproval = defineRoute(
  {
    method: 'GET',
    path: '/v1/approvals/{id}',
    operation: 'readApproval',
    summary: 'Read exactly what would run',
    tag: 'approvals',
    access: 'system:approval:list',
    success: { status: 200, describes: view },
  },
  async (request) => {
    const { id = '' } = request.params;
    return json(found(await sessionOfApproval(request, id)?.approval(id), 'approval'));
  },
);

const decision = z.enum(APPROVAL_DECISIONS);

const decideApproval = defineRoute(
  {
    method: 'POST',
    path: '/v1/approvals/{id}',
    operation: 'decideApproval',
    summary: 'Approve or deny; by a user, with another credential than the one that the turn has',
    tag: 'approvals',
    access: 'system:approval:decide',
    body: z.strictObject({ decision }),
    actingBlock: 'judged',
    success: { status: 200, describes: view },
    idempotency: 'replay',
  },
  async (request) => {
    const { id = '' } = request.params;
    const decided = await decide(request, { id, decision: request.body.decision });
    if (!decided.ok) throw fromDecision(decided.error);
    return json(decided.value);
  },
);

const decisionsBody = z.strictObject({
  decisions: z
    .array(z.strictObject({ id: z.string().max(128), decision }))
    .min(1)
    .max(MAX_DECISIONS),
});

const decideApprovals = defineRoute(
  {
    method: 'POST',
    path: '/v1/approvals',
    operation: 'decideApprovals',
    summary: 'Decide many, each for itself: one that is refused stops none of the others',
    tag: 'approvals',
    access: 'system:approval:decide',
    body: decisionsBody,
    actingBlock: 'judged',
    success: {
      status: 200,
      describes: z.object({
        results: z.array(
          z.object({
            id: z.string(),
            state: z.enum(APPROVAL_STATES).optional(),
            code: z.string().optional(),
            reason: z.string().optional(),
          }),
        ),
      }),
    },
    idempotency: 'replay',
  },
  async (request) => {
    const results = [];
    // One after the other: several of one turn are decided in the order of the request.
    for (const order of request.body.decisions) {
      results.push({ id: order.id, ...toResult(await decide(request, order)) });
    }
    return json({ results });
  },
);

type Decided = Result<ApprovalView, DecisionRefusal>;
type DecideRequest = Pick<RouteRequest<unknown, unknown>, 'env' | 'caller' | 'raw' | 'requestId'>;

async function decide(
  request: DecideRequest,
  { id, decision }: { readonly id: string; readonly decision: ApprovalDecision },
): Promise<Decided> {
  const { caller, raw, requestId } = request;
  if (raw.headers.has(ACTING_HEADER)) return err({ kind: 'denied', reason: 'not_a_user' });
  const session = sessionOfApproval(request, id);
  if (session === undefined) return err({ kind: 'not_found' });
  return await session.decideApproval({ id, decision, decider: caller.principal, requestId });
}

function toResult(decided: Decided) {
  if (decided.ok) return { state: decided.value.state };
  const { code, facts } = fromDecision(decided.error);
  const { error } = decided;
  return {
    code,
    ...(error.kind === 'closed' && { state: error.approval.state }),
    ...(facts.reason !== undefined && { reason: facts.reason }),
  };
}

export const approvalRoutes: readonly Route[] = [
  listApprovals,
  readApproval,
  decideApprovals,
  decideApproval,
];

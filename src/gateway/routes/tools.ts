/**
 * `/v1/tools`: what the caller may call, and calls by programs: the same seven checks, journal and
 * record as a model's.
 *
 * @module
 */

import * as z from 'zod';
import type { ProgramOutcome } from '../../blocks/session/session-api.ts';
import { openWorkspace } from '../../blocks/workspace/workspace-client.ts';
import type { RunCost } from '../../core/conversation/tool-result.ts';
import type { Denial } from '../../core/errors/denial.ts';
import type { JsonObject } from '../../core/primitives/json.ts';
import { findAvailable } from '../available-plugins.ts';
import { runToolCall } from '../call-tool.ts';
import { MAX_WAIT_MS } from '../client-turn.ts';
import { json } from '../json-response.ts';
import { Refusal } from '../refusal.ts';
import { defineRoute, type Route } from '../route.ts';
import { fromAdmission, fromFailure, toApprovalNeeded } from '../session-refusal.ts';
import { visibleTools } from '../visible-tools.ts';

const tool = z.object({
  name: z.string(),
  title: z.string().optional(),
  description: z.string(),
  plugin: z.string(),
  version: z.string(),
  tier: z.string(),
  /** Whether a call could run now: a tool of an executor needs a node that is there. */
  available: z.boolean(),
  inputSchema: z.record(z.string(), z.unknown()),
  outputSchema: z.record(z.string(), z.unknown()).optional(),
  annotations: z.record(z.string(), z.unknown()),
  /** `content`: its result is JSON in the shape of an MCP result. */
  result: z.literal('content').optional(),
  asksClient: z.boolean().optional(),
});

const listTools = defineRoute(
  {
    method: 'GET',
    path: '/v1/tools',
    operation: 'listTools',
    summary: 'List the tools that the caller may call',
    tag: 'tools',
    access: 'any-principal',
    success: { status: 200, describes: z.object({ tools: z.array(tool) }) },
  },
  async ({ env, caller }) => {
    const { principal } = caller;
    const authority = await openWorkspace(env, principal.workspace).authority(principal);
    const isAvailable = await findAvailable(env, principal.workspace, authority?.plugins ?? []);
    const tools = visibleTools(authority, caller);
    return json({ tools: tools.map((one) => ({ ...one, available: isAvailable(one) })) });
  },
);

/** What the run was of, as hashes; the record has them too. */
const receipt = z.object({
  codeHash: z.string(),
  argumentHash: z.string(),
  outputHash: z.string(),
  revision: z.number(),
  fuel: z.number().optional(),
  hardeningVersion: z.number().optional(),
  engine: z.string().optional(),
  configHash: z.string().optional(),
  executor: z.object({ node: z.string(), text: z.string(), signature: z.string() }).optional(),
});

const callBody = z.strictObject({ arguments: z.record(z.string(), z.unknown()).default({}) });

const callTool = defineRoute(
  {
    method: 'POST',
    path: '/v1/tools/{name}/call',
    operation: 'callTool',
    summary:
      'Call one tool; the seven checks decide. A call that a human must approve answers 409 ' +
      '`approval_needed`, and is repeated with the same Idempotency-Key',
    tag: 'tools',
    access: 'any-principal',
    body: callBody,
    success: {
      status: 200,
      describes: z.object({
        result: z.string(),
        label: z.object({ integrity: z.string(), confidentiality: z.string() }),
        /** The fields of the result that the tool vouches for. */
        fields: z.unknown().optional(),
        cost: z.object({
          durationMs: z.number(),
          fuel: z.number().optional(),
          memoryPages: z.number().optional(),
          suspendedMs: z.number().optional(),
        }),
        receipt: receipt.optional(),
      }),
    },
    idempotency: 'own',
  },
  async (request) => {
    const { params, body, idempotency } = request;
    const order = {
      name: params.name ?? '',
      arguments: body.arguments as JsonObject,
      ...(idempotency && { idempotency }),
    };
    const ran = await runToolCall(request, order, MAX_WAIT_MS);
    if (!ran.ok) throw fromAdmission(ran.error);
    if (ran.value === undefined) {
      throw new Refusal('deadline_exceeded', idempotency ? { goesOn: true } : {});
    }
    return answer(ran.value);
  },
);

function answer(outcome: ProgramOutcome): Response {
  if (outcome.kind === 'result') {
    const { content, label, fields, cost, receipt } = outcome.result;
    const labels = { label, ...(fields && { fields }) };
    return json({ result: content, ...labels, cost, ...(receipt && { receipt }) });
  }
  if (outcome.kind === 'waiting') throw toApprovalNeeded(outcome.approvalId);
  if (outcome.kind === 'failed') throw fromFailure(outcome, 'call');
  throw denied(outcome.denial, outcome.cost);
}

/** Rates and budgets are 429, a missing tier is 501; every other denial is 403. */
function denied(denial: Denial, cost: RunCost | undefined): Refusal {
  const facts = { denial, ...(cost && { cost }) };
  if (denial.check === 'limits') {
    const isBudget = denial.reason === 'token_budget' || denial.reason === 'money_budget';
    return new Refusal(isBudget ? 'budget_exhausted' : 'rate_limited', facts);
  }
  if (denial.reason === 'tier_unavailable') return new Refusal('tier_unavailable', facts);
  return new Refusal('denied', facts);
}

export const toolRoutes: readonly Route[] = [listTools, callTool];

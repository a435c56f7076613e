/**
 * `/v1/tools`: what the caller may call, and calls by programs: the same seven checks, journal and
 * record as a model's.
 *
 * @module
 */

import * as z from 'zod';
import type { ProgramOutcome } from '../../blocks/session/session-api.ts';
import { openSession } from '../../blocks/session/session-client.ts';
import { openWorkspace } from '../../blocks/workspace/workspace-client.ts';
import { toResource } from '../../core/capabilities/resource.ts';
import type { RunCost } from '../../core/conversation/tool-result.ts';
import type { Denial } from '../../core/errors/denial.ts';
import type { Authority } from '../../core/policy/authority.ts';
import { holds } from '../admit.ts';
import { json } from '../json-response.ts';
import { newSessionId } from '../open-session.ts';
import { Refusal } from '../refusal.ts';
import { type Caller, defineRoute, type Route } from '../route.ts';
import { toRefusal } from './turns.ts';

const MAX_WAIT_MS = 60_000;
/** Kept for a day, so that an idempotency key finds its answer, then deleted. */
const KEEP_MS = 86_400_000;

const tool = z.object({
  name: z.string(),
  description: z.string(),
  plugin: z.string(),
  version: z.string(),
  tier: z.string(),
  inputSchema: z.record(z.string(), z.unknown()),
  outputSchema: z.record(z.string(), z.unknown()).optional(),
  annotations: z.record(z.string(), z.unknown()),
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
    return json({ tools: authority === undefined ? [] : visibleTools(authority, caller) });
  },
);

function visibleTools(authority: Authority, caller: Caller): z.infer<typeof tool>[] {
  return authority.plugins
    .filter(({ state }) => state === 'running')
    .flatMap((plugin) =>
      plugin.tools
        .filter(({ name }) => mayCall(caller, name))
        .map(({ name, description, inputSchema, outputSchema, annotations }) => ({
          name,
          description,
          plugin: plugin.name,
          version: plugin.version,
          tier: plugin.tier,
          inputSchema,
          ...(outputSchema && { outputSchema }),
          annotations: { ...annotations },
        })),
    );
}

function mayCall(caller: Caller, name: string): boolean {
  const resource = toResource('name', name);
  return resource.ok && holds(caller, `tool:call:${resource.value}`, Date.now());
}

const callBody = z.strictObject({ arguments: z.record(z.string(), z.unknown()).default({}) });

const callTool = defineRoute(
  {
    method: 'POST',
    path: '/v1/tools/{name}/call',
    operation: 'callTool',
    summary: 'Call one tool; the seven checks decide',
    tag: 'tools',
    access: 'any-principal',
    body: callBody,
    success: {
      status: 200,
      describes: z.object({
        result: z.string(),
        label: z.object({ integrity: z.string(), confidentiality: z.string() }),
        cost: z.object({
          durationMs: z.number(),
          fuel: z.number().optional(),
          memoryPages: z.number().optional(),
          suspendedMs: z.number().optional(),
        }),
        receipt: z.record(z.string(), z.unknown()).optional(),
      }),
    },
    idempotency: 'own',
  },
  async (request) => {
    const { env, caller, requestId, params, body, idempotency } = request;
    const sessionId = newSessionId(request, `callTool:${params.name}`);
    const session = openSession(env, caller.principal.workspace, sessionId);
    const { principal } = caller;
    const call = {
      id: 'program',
      name: params.name ?? '',
      argumentsText: JSON.stringify(body.arguments),
    };
    const ran = await session.runProgram(
      {
        sessionId,
        principal,
        requestId,
        driver: { kind: 'program', call },
        messages: [],
        create: { sessionId, principal, requestId, ephemeralMs: KEEP_MS },
        ...(idempotency && { idempotency }),
      },
      MAX_WAIT_MS,
    );
    if (!ran.ok) throw toRefusal(ran.error);
    if (ran.value === undefined) throw new Refusal('deadline_exceeded');
    return answer(ran.value);
  },
);

function answer(outcome: ProgramOutcome): Response {
  if (outcome.kind === 'result') {
    const { content, label, cost, receipt } = outcome.result;
    return json({ result: content, label, cost, ...(receipt && { receipt }) });
  }
  if (outcome.kind === 'failed') {
    if (outcome.code === 'cancelled')
      throw new Refusal('conflict', { detail: 'The call was cancelled' });
    throw new Refusal(outcome.code);
  }
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

/**
 * One run of a tool for an MCP request, whether the client called it by name or asked for a prompt or
 * a resource that it makes: the same checks, the same approvals, the same questions to the client.
 *
 * @module
 */

import type { InputRequiredResult } from '@modelcontextprotocol/server';
import type { ProgramOutcome } from '../../blocks/session/session-api.ts';
import type { ToolResult } from '../../core/conversation/tool-result.ts';
import type { Denial } from '../../core/errors/denial.ts';
import { CLIENT_INPUT, type ToolDefinition } from '../../core/manifest/tool-definition.ts';
import { isJsonObject, type JsonObject } from '../../core/primitives/json.ts';
import { parseJson } from '../../core/primitives/parse-json.ts';
import { describeDenial } from '../error-response.ts';
import { askForApproval, describeApproval } from './approval.ts';
import { type AwaitedCall, awaitCall } from './await-call.ts';
import { type AskedCall, readState } from './call-state.ts';
import { canBeAsked } from './client-capabilities.ts';
import { askClient, readClientInput } from './client-input.ts';
import { invalidParams, type McpExchange } from './mcp-request.ts';

/** Above what a result can be: it was inspected. */
const RESULT_LIMITS = { maxBytes: 16_777_216, maxDepth: 128 };

export type ToolRun =
  | { readonly kind: 'asks'; readonly question: InputRequiredResult }
  | { readonly kind: 'failed'; readonly text: string }
  /** `parts` is there if the result is a JSON object. */
  | { readonly kind: 'result'; readonly result: ToolResult; readonly parts?: JsonObject };

/** `tool` is absent for a name that the caller does not see; the checks say what there is to say. */
export async function runTool(
  exchange: McpExchange,
  call: AskedCall,
  tool: Pick<ToolDefinition, 'asksClient'> | undefined,
): Promise<ToolRun> {
  const { context } = exchange;
  const state = readState(call, context);
  const clientInput = tool?.asksClient ? readClientInput(state, context) : undefined;
  if (tool?.asksClient && Object.hasOwn(call.arguments, CLIENT_INPUT)) {
    throw invalidParams(`The argument "${CLIENT_INPUT}" must come as an answer of the client`);
  }
  const args = clientInput ? { ...call.arguments, [CLIENT_INPUT]: clientInput } : call.arguments;
  const awaited = await awaitCall(exchange, { name: call.name, arguments: args }, state?.key);
  const { outcome } = awaited;
  if (outcome.kind === 'waiting') {
    const waiting = { ...awaited, ...outcome, call, ...(clientInput && { clientInput }) };
    const question = await askForApproval(exchange, waiting);
    return question ? { kind: 'asks', question } : failed(describeApproval(outcome));
  }
  const run = toRun(outcome);
  return tool?.asksClient ? await ask(exchange, call, run) : run;
}

/** What the tool wants to know before it can answer. */
async function ask(exchange: McpExchange, call: AskedCall, run: ToolRun): Promise<ToolRun> {
  if (run.kind !== 'result' || run.parts?.inputRequests === undefined) return run;
  if (!canBeAsked(exchange.context))
    return failed('The tool asks for input that this client cannot give');
  const question = await askClient(exchange, call, run.parts);
  return question ? { kind: 'asks', question } : failed('The tool asks for nothing that is known');
}

function toRun(outcome: Exclude<AwaitedCall['outcome'], { kind: 'waiting' }>): ToolRun {
  if (outcome.kind === 'failed') return failed(`The call failed: ${outcome.code}`);
  if (outcome.kind === 'result') {
    const parsed = parseJson(outcome.result.content, RESULT_LIMITS);
    const parts = parsed.ok && isJsonObject(parsed.value) ? parsed.value : undefined;
    return { kind: 'result', result: outcome.result, ...(parts && { parts }) };
  }
  return toDenied(outcome);
}

function toDenied({ denial }: Extract<ProgramOutcome, { kind: 'denied' }>): ToolRun {
  if (denial.check === 'registry') throw invalidParams('There is no such tool');
  return failed(toSentence(denial));
}

function failed(text: string): ToolRun {
  return { kind: 'failed', text };
}

/** Which argument it was is told as over HTTP: whoever wrote the call can mend it. */
function toSentence(denial: Denial): string {
  const { pointer, retryAfterMs: retry } = denial;
  const place = pointer ? ` at "${pointer}"` : '';
  const again = retry === undefined ? '' : `; try again in ${Math.ceil(retry / 1_000)} s`;
  return `${describeDenial(denial)}${place}${again}`;
}

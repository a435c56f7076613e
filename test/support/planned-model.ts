/**
 * A model behind HTTP, in OpenAI's shape, that does what it was hijacked to do: it says its plan,
 * whatever it is told. The name of the model is the name of the plan.
 *
 * It stands outside the gateway, so that the user's message holds the user's words and nothing of
 * what the model is going to call.
 *
 * @module
 */

import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { JsonObject } from '../../src/core/primitives/json.ts';

export interface PlannedCall {
  readonly tool: string;
  readonly args: JsonObject;
}

/** The calls of one reply after the other; a reply without calls ends the turn. */
export type Plan = readonly (readonly PlannedCall[])[];

export interface ModelServer {
  readonly url: string;
  /** Sets what the model of this name does in a turn. */
  readonly plan: (model: string, plan: Plan) => void;
  /** What the model of this name was told last of a call. */
  readonly told: (model: string) => unknown;
  readonly close: () => void;
}

interface ChatRequest {
  readonly model: string;
  readonly messages: readonly { readonly role: string; readonly content?: unknown }[];
}

export async function startModelServer(): Promise<ModelServer> {
  const plans = new Map<string, Plan>();
  const told = new Map<string, unknown>();
  const server = createServer(async (request, response) => {
    let text = '';
    for await (const chunk of request) text += chunk;
    const { model, messages } = JSON.parse(text) as ChatRequest;
    told.set(model, messages.findLast(({ role }) => role === 'tool')?.content);
    reply(response, nextCalls(plans.get(model) ?? [], messages));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/v1`,
    plan: (model, plan) => plans.set(model, plan),
    told: (model) => told.get(model),
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

/** By how often the model has spoken since the user: the server keeps no state of a turn. */
function nextCalls(plan: Plan, messages: ChatRequest['messages']): readonly PlannedCall[] {
  const latest = messages.findLastIndex(({ role }) => role === 'user');
  const replies = messages.slice(latest).filter(({ role }) => role === 'assistant').length;
  return plan[replies] ?? [];
}

function reply(response: ServerResponse, calls: readonly PlannedCall[]): void {
  response.writeHead(200, { 'Content-Type': 'text/event-stream' });
  const send = (choice: object) => {
    const chunk = { id: 'c', object: 'chat.completion.chunk', created: 1, model: 'm' };
    response.write(`data: ${JSON.stringify({ ...chunk, choices: [choice] })}\n\n`);
  };
  const toolCalls = calls.map(({ tool, args }, index) => ({
    index,
    id: `call_${Math.random().toString(36).slice(2)}`,
    type: 'function',
    function: { name: tool, arguments: JSON.stringify(args) },
  }));
  const delta = calls.length === 0 ? { content: 'Done.' } : { tool_calls: toolCalls };
  send({ index: 0, delta: { role: 'assistant', ...delta }, finish_reason: null });
  send({ index: 0, delta: {}, finish_reason: calls.length === 0 ? 'stop' : 'tool_calls' });
  response.end('data: [DONE]\n\n');
}

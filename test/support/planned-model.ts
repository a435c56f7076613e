/**
 * A model behind HTTP, in OpenAI's shape, that does what it was hijacked to do: it says its plan,
 * whatever it is told. The name of the model is the name of the plan.
 *
 * As with `embedded/script`, `{{handle 1}}` is the first handle that it was shown since the user spoke.
 *
 * It stands outside the gateway, so that the user's message holds the user's words and nothing of
 * what the model is going to call.
 *
 * @module
 */

import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { JsonObject } from '../../src/core/primitives/json.ts';
import { listHandles } from '../../src/core/provenance/handle.ts';

export interface PlannedCall {
  readonly tool: string;
  readonly args: JsonObject;
}

/** The calls of one reply after the other; a reply without calls ends the turn. */
export type Plan = readonly (readonly PlannedCall[])[];

/** What a model does in a conversation of several turns. */
export interface Part {
  /** One for each message of a user; the last one for all further ones. */
  readonly turns: readonly Plan[];
  /** What it says at the end of each. */
  readonly ending: string;
}

export interface ModelServer {
  readonly url: string;
  /** Sets what the model of this name does in a turn. */
  readonly plan: (model: string, plan: Plan) => void;
  /** The same for several turns. What a model of this name was told before is forgotten. */
  readonly play: (model: string, part: Part) => void;
  /** What the model of this name was told of its calls in the nth turn, from 1 on, in their order. */
  readonly answers: (model: string, turn: number) => readonly unknown[];
  /** What a user told it in that turn. */
  readonly asked: (model: string, turn: number) => unknown;
  /** What the model of this name was told last of a call. */
  readonly told: (model: string) => unknown;
  readonly close: () => void;
}

interface ChatRequest {
  readonly model: string;
  readonly messages: readonly { readonly role: string; readonly content?: unknown }[];
}

export async function startModelServer(): Promise<ModelServer> {
  const parts = new Map<string, Part>();
  const heard = new Map<string, ChatRequest['messages']>();
  const server = createServer(async (request, response) => {
    let text = '';
    for await (const chunk of request) text += chunk;
    const { model, messages } = JSON.parse(text) as ChatRequest;
    const { turns, ending } = parts.get(model) ?? { turns: [], ending: 'Done.' };
    const asked = messages.filter(({ role }) => role === 'user').length;
    heard.set(model, messages);
    heard.set(`${model}/${asked}`, messages);
    reply(response, nextCalls(turns[asked - 1] ?? turns.at(-1) ?? [], messages), ending);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/v1`,
    plan: (model, plan) => parts.set(model, { turns: [plan], ending: 'Done.' }),
    play: (model, part) => {
      parts.set(model, part);
      for (const key of heard.keys()) {
        if (key === model || key.startsWith(`${model}/`)) heard.delete(key);
      }
    },
    answers: (model, turn) =>
      resultsIn(heard.get(`${model}/${turn}`) ?? []).map(({ content }) => content),
    asked: (model, turn) =>
      heard.get(`${model}/${turn}`)?.findLast(({ role }) => role === 'user')?.content,
    told: (model) => heard.get(model)?.findLast(({ role }) => role === 'tool')?.content,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

function resultsIn(messages: ChatRequest['messages']): ChatRequest['messages'] {
  const latest = messages.findLastIndex(({ role }) => role === 'user');
  return messages.slice(latest + 1).filter(({ role }) => role === 'tool');
}

/** By how often the model has spoken since the user: the server keeps no state of a turn. */
function nextCalls(plan: Plan, messages: ChatRequest['messages']): readonly PlannedCall[] {
  const latest = messages.findLastIndex(({ role }) => role === 'user');
  const replies = messages.slice(latest).filter(({ role }) => role === 'assistant').length;
  const handles = listHandles(JSON.stringify(resultsIn(messages)));
  const calls = JSON.stringify(plan[replies] ?? []);
  return JSON.parse(
    calls.replace(/\{\{handle ([0-9]+)\}\}/g, (text, place) => handles[place - 1] ?? text),
  );
}

function reply(response: ServerResponse, calls: readonly PlannedCall[], ending: string): void {
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
  const delta = calls.length === 0 ? { content: ending } : { tool_calls: toolCalls };
  send({ index: 0, delta: { role: 'assistant', ...delta }, finish_reason: null });
  send({ index: 0, delta: {}, finish_reason: calls.length === 0 ? 'stop' : 'tool_calls' });
  response.end('data: [DONE]\n\n');
}

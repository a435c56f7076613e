/**
 * A stand-in for a model provider: a real HTTP server that speaks OpenAI's chat shape, and answers as
 * the test says.
 *
 * @module
 */

import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface ChatRequest {
  readonly model: string;
  readonly messages: readonly { readonly role: string; readonly content: unknown }[];
  readonly max_tokens?: number;
  readonly tools?: readonly { readonly function: { readonly name: string } }[];
}

export interface Asked {
  readonly body: ChatRequest;
  readonly authorization: string | undefined;
}

export interface StandIn {
  /** What `OPENAI_COMPATIBLE_BASE_URL` is set to. */
  readonly baseUrl: string;
  /** Every request, in order. */
  readonly asked: Asked[];
  /** How requests are answered from now on. */
  answer: (body: ChatRequest, response: ServerResponse) => void;
  readonly dispose: () => void;
}

export async function startProvider(): Promise<StandIn> {
  const asked: Asked[] = [];
  const server: Server = createServer(async (request, response) => {
    let text = '';
    for await (const chunk of request) text += chunk;
    const body = JSON.parse(text) as ChatRequest;
    asked.push({ body, authorization: request.headers.authorization });
    standIn.answer(body, response);
  });
  // Far longer than the runtime keeps one, so that no request meets a connection that is being closed.
  server.keepAliveTimeout = 60_000;
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const standIn: StandIn = {
    baseUrl: `http://127.0.0.1:${port}/v1`,
    asked,
    answer: (_, response) => streamText(response, 'Hello.'),
    dispose: () => {
      server.closeAllConnections();
      server.close();
    },
  };
  return standIn;
}

/** What a reply says that it has used. */
export const USAGE = { prompt_tokens: 60, completion_tokens: 240, total_tokens: 300 } as const;

export function streamText(response: ServerResponse, text: string): void {
  streamReply(response, [{ role: 'assistant', content: text }]);
}

export function streamReply(
  response: ServerResponse,
  deltas: readonly object[],
  end: { finish?: string; usage?: object } = {},
): void {
  beginReply(response, deltas);
  finishReply(response, end);
}

/** The end of one that was begun. */
export function finishReply(
  response: ServerResponse,
  { finish = 'stop', usage = USAGE }: { finish?: string; usage?: object } = {},
): void {
  writeChunk(response, { choices: [{ index: 0, delta: {}, finish_reason: finish }] });
  writeChunk(response, { choices: [], usage });
  response.end('data: [DONE]\n\n');
}

/** The beginning of a reply that goes on, or does not. */
export function beginReply(response: ServerResponse, deltas: readonly object[]): void {
  response.writeHead(200, { 'Content-Type': 'text/event-stream' });
  for (const delta of deltas) writeDelta(response, delta);
}

/** What comes next of a reply that was begun. */
export function writeDelta(response: ServerResponse, delta: object): void {
  writeChunk(response, { choices: [{ index: 0, delta, finish_reason: null }] });
}

export function refuse(
  response: ServerResponse,
  status: number,
  { message = `refused with ${status}`, headers = {} }: { message?: string; headers?: object } = {},
): void {
  response.writeHead(status, { 'Content-Type': 'application/json', ...headers });
  response.end(JSON.stringify({ error: { message } }));
}

function writeChunk(response: ServerResponse, facts: object): void {
  const chunk = { id: 'c', object: 'chat.completion.chunk', created: 1, model: 'm', ...facts };
  response.write(`data: ${JSON.stringify(chunk)}\n\n`);
}

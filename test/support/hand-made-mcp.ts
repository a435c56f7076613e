/**
 * A remote MCP server that is written by hand, for what the official package does not do.
 *
 * @module
 */

import type { IncomingMessage, ServerResponse } from 'node:http';
import { json } from 'node:stream/consumers';
import { ECHO } from './mcp-server.ts';

export interface Asked {
  readonly id: number;
  readonly method: string;
  readonly headers: IncomingMessage['headers'];
}

interface HandMade {
  /** What it speaks; a request that says another revision later on is answered 400 (MCP 2025-06-18). */
  readonly revision?: string;
  readonly call: (asked: Asked, response: ServerResponse) => unknown;
}

/** To be put in the place of a `TestMcpServer`. */
export function handMade({ revision = '2025-11-25', call }: HandMade) {
  return async (response: ServerResponse, request: IncomingMessage): Promise<void> => {
    const { headers } = request;
    const { id, method } = (await json(request)) as Pick<Asked, 'id' | 'method'>;
    const said = headers['mcp-protocol-version'];
    if (said !== (method === 'initialize' ? undefined : revision)) {
      response.writeHead(400).end();
    } else if (method === 'initialize') {
      const serverInfo = { name: 'by-hand', version: '1.0.0' };
      sendResult(response, id, { protocolVersion: revision, capabilities: {}, serverInfo });
    } else if (method === 'tools/list') {
      sendResult(response, id, { tools: [ECHO] });
    } else if (method === 'tools/call') {
      call({ id, method, headers }, response);
    } else {
      response.writeHead(202).end();
    }
  };
}

/** One result as JSON. */
export function sendResult(response: ServerResponse, id: number, result: object): void {
  response.setHeader('Content-Type', 'application/json');
  response.end(JSON.stringify({ jsonrpc: '2.0', id, result }));
}

/** Lines of an event stream as they stand. */
export function sendEvents(response: ServerResponse, lines: readonly string[], end = '\n'): void {
  response.setHeader('Content-Type', 'Text/Event-Stream; charset=utf-8');
  response.end(lines.map((line) => line + end).join(''));
}

export const textResult = (text: string) => ({ content: [{ type: 'text', text }] });

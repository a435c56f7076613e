/**
 * `/mcp`: the workspace's tools and records for MCP clients, over stateless Streamable HTTP.
 *
 * @module
 */

import { createMcpHandler } from '@modelcontextprotocol/server';
import * as z from 'zod';
import { json } from '../json-response.ts';
import { logFault } from '../log-fault.ts';
import { createMcpServer } from '../mcp/mcp-server.ts';
import { defineRoute, MAX_JSON_BYTES, type Route } from '../route.ts';

const PATH = '/mcp';

const METADATA_PATH = '/.well-known/oauth-protected-resource';

const OPENING_BRACKET = 0x5b;
/** As JSON has it. */
const WHITE_SPACE: ReadonlySet<number> = new Set([0x09, 0x0a, 0x0d, 0x20]);

/** Without sessions there is nothing to listen to (GET) and nothing to end (DELETE): both are 405. */
const serveMcp = defineRoute(
  {
    method: 'POST',
    path: PATH,
    operation: 'mcp',
    summary: 'Model Context Protocol, revision 2026-07-28 and those of 2025, without sessions',
    tag: 'mcp',
    access: 'any-principal',
    success: { status: 200, describes: 'json-rpc', also: [202] },
    protectedResource: `${METADATA_PATH}${PATH}`,
  },
  async (request) => {
    // Of a body that breaks off the handler tells its sender.
    if (await isBatch(request.raw).catch(() => false)) return refuseBatch();
    const handler = createMcpHandler(() => createMcpServer(request), {
      maxRequestBodySize: MAX_JSON_BYTES,
      onerror: (error) => {
        if (error.name === 'Fault') logFault(error, 'internal', request.requestId);
      },
    });
    return handler.fetch(request.raw);
  },
);

/**
 * Whether the body is a list, by its first sign. A copy is looked at, and what that has read is kept for
 * the handler: so no more of it than the handler would take.
 */
async function isBatch(raw: Request): Promise<boolean> {
  const body = raw.clone().body as AsyncIterable<Uint8Array> | null;
  if (body === null) return false;
  let seen = 0;
  for await (const chunk of body) {
    const first = chunk.find((byte) => !WHITE_SPACE.has(byte));
    if (first !== undefined) return first === OPENING_BRACKET;
    seen += chunk.length;
    if (seen > MAX_JSON_BYTES) return false;
  }
  return false;
}

const refuseBatch = (): Response =>
  json(
    {
      jsonrpc: '2.0',
      error: { code: -32_600, message: 'Invalid Request: batches are not taken' },
      id: null,
    },
    400,
  );

/** Where a client learns that a bearer token is wanted, and who gives one. */
const metadata = (path: string, operation: string): Route =>
  defineRoute(
    {
      method: 'GET',
      path,
      operation,
      summary: 'What OAuth clients need to know of `/mcp` (RFC 9728)',
      tag: 'mcp',
      access: 'public',
      success: {
        status: 200,
        describes: z.object({
          resource: z.string(),
          resource_name: z.string(),
          bearer_methods_supported: z.array(z.string()),
        }),
      },
    },
    async ({ raw }) =>
      json({
        resource: `${new URL(raw.url).origin}${PATH}`,
        resource_name: 'Sallyport',
        bearer_methods_supported: ['header'],
      }),
  );

export const mcpRoutes: readonly Route[] = [
  serveMcp,
  metadata(METADATA_PATH, 'mcpResourceMetadata'),
  metadata(`${METADATA_PATH}${PATH}`, 'mcpResourceMetadataOfPath'),
];

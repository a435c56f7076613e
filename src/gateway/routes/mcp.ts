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

const serveMcp = (method: 'GET' | 'POST' | 'DELETE', operation: string): Route =>
  defineRoute(
    {
      method,
      path: PATH,
      operation,
      summary: 'Model Context Protocol, revision 2026-07-28 and those of 2025, without sessions',
      tag: 'mcp',
      access: 'any-principal',
      success: { status: 200, describes: 'stream' },
      protectedResource: `${METADATA_PATH}${PATH}`,
    },
    async (request) => {
      const handler = createMcpHandler(() => createMcpServer(request), {
        maxRequestBodySize: MAX_JSON_BYTES,
        onerror: (error) => {
          if (error.name === 'Fault') logFault(error, 'internal', request.requestId);
        },
      });
      return handler.fetch(request.raw);
    },
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
  serveMcp('POST', 'mcp'),
  serveMcp('GET', 'mcpStream'),
  serveMcp('DELETE', 'mcpEnd'),
  metadata(METADATA_PATH, 'mcpResourceMetadata'),
  metadata(`${METADATA_PATH}${PATH}`, 'mcpResourceMetadataOfPath'),
];

/**
 * The MCP server of one request, for both eras of the protocol.
 *
 * It holds nothing between requests: a call is found again in its session, a page by its cursor.
 *
 * @module
 */

import { Server } from '@modelcontextprotocol/server';
import { stateCodec } from './call-state.ts';
import { complete } from './completion.ts';
import { type McpRequest, toProtocolError } from './mcp-request.ts';
import { getPrompt, listPrompts } from './prompts.ts';
import { listResources, listResourceTemplates, readResource } from './resources.ts';
import { callTool, listTools } from './tools.ts';

const INFO = { name: 'sallyport', title: 'Sallyport', version: '0.1.0' };

const INSTRUCTIONS =
  'Every call passes the checks of the gateway under your own grants. A call that is denied says ' +
  'which check denied it; a call that a human must approve says so.';

export function createMcpServer(request: McpRequest): Server {
  const server = new Server(INFO, {
    capabilities: { tools: {}, resources: {}, prompts: {}, completions: {} },
    instructions: INSTRUCTIONS,
    // Requests of the older era are answered one by one: nobody could be asked in between.
    inputRequired: { legacyShim: false },
    requestState: { verify: (state, context) => stateCodec(request).verify(state, context) },
  });
  server.setRequestHandler('tools/list', (asked) => listTools(request, asked));
  server.setRequestHandler('tools/call', (asked, context) =>
    callTool(request, asked, { server, context }),
  );
  server.setRequestHandler('resources/list', (asked) => listResources(request, asked));
  server.setRequestHandler('resources/templates/list', (asked) =>
    listResourceTemplates(request, asked),
  );
  server.setRequestHandler('resources/read', async (asked, context) => {
    try {
      return await readResource(request, asked, context);
    } catch (thrown) {
      throw toProtocolError(thrown);
    }
  });
  server.setRequestHandler('prompts/list', (asked) => listPrompts(request, asked));
  server.setRequestHandler('prompts/get', (asked, context) => getPrompt(request, asked, context));
  server.setRequestHandler('completion/complete', (asked) => complete(request, asked));
  return server;
}

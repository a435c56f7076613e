/**
 * The workspace's tools over MCP: listed as far as the caller may call them, called through the seven
 * checks like everywhere else.
 *
 * @module
 */

import {
  type CallToolRequest,
  type CallToolResult,
  type InputRequiredResult,
  isSpecType,
  type ListToolsRequest,
  type ListToolsResult,
  type Server,
  type ServerContext,
} from '@modelcontextprotocol/server';
import type { ToolResult } from '../../core/conversation/tool-result.ts';
import { CLIENT_INPUT } from '../../core/manifest/tool-definition.ts';
import { isJsonObject, type JsonObject } from '../../core/primitives/json.ts';
import { type VisibleTool, visibleTools } from '../visible-tools.ts';
import { type McpRequest, readAuthority } from './mcp-request.ts';
import { toPage } from './page.ts';
import { runTool } from './run-tool.ts';

/** What is said of a result besides its content, as a key of `_meta`. */
const LABEL_KEY = 'sallyport/label';
const RECEIPT_KEY = 'sallyport/receipt';

export async function listTools(
  request: McpRequest,
  { params }: ListToolsRequest,
): Promise<ListToolsResult> {
  const tools = await readTools(request);
  const { items, ...next } = toPage(tools, ({ name }) => name, params?.cursor);
  return { tools: items.map(toMcpTool), ...next };
}

async function readTools(request: McpRequest): Promise<readonly VisibleTool[]> {
  return visibleTools(await readAuthority(request), request.caller);
}

function toMcpTool(tool: VisibleTool): ListToolsResult['tools'][number] {
  const { name, title, description, inputSchema, annotations } = tool;
  const outputSchema = structureOf(tool);
  return {
    name,
    ...(title !== undefined && { title }),
    description,
    inputSchema: { ...toShownSchema(inputSchema), type: 'object' },
    ...(outputSchema?.type === 'object' && { outputSchema: { ...outputSchema, type: 'object' } }),
    annotations: { ...annotations },
  };
}

/** Without what the gateway fills in. */
function toShownSchema(schema: JsonObject): JsonObject {
  const { properties } = schema;
  if (!isJsonObject(properties)) return schema;
  const { [CLIENT_INPUT]: _, ...shown } = properties;
  return { ...schema, properties: shown };
}

/** Of a result in parts the schema describes the parts, and nothing that MCP calls its structure. */
function structureOf({ result, outputSchema }: VisibleTool): JsonObject | undefined {
  return result === 'content' ? undefined : outputSchema;
}

/** A denial is a result that says so, since the model behind the client should hear of it. */
export async function callTool(
  request: McpRequest,
  { params }: CallToolRequest,
  { server, context }: { readonly server: Server; readonly context: ServerContext },
): Promise<CallToolResult | InputRequiredResult> {
  const tool = (await readTools(request)).find(({ name }) => name === params.name);
  // It came as JSON, so it is.
  const args = (params.arguments ?? {}) as JsonObject;
  const run = await runTool({ request, context }, { name: params.name, arguments: args }, tool);
  if (run.kind === 'asks') return run.question;
  if (run.kind === 'failed') return toFailure(run.text);
  if (tool?.result === 'content') return toParts(run.result, run.parts);
  const structure = tool && structureOf(tool);
  if (structure?.type === 'object' && run.parts === undefined) return toRemnant(run.result);
  const answer = toText(run.result, structure && run.parts);
  return server.projectCallToolResult(answer, structure);
}

function toText(result: ToolResult, structured: JsonObject | undefined): CallToolResult {
  return {
    content: [{ type: 'text', text: result.content }],
    ...(structured && { structuredContent: structured }),
    _meta: toMeta(result),
  };
}

function toParts(result: ToolResult, parts: JsonObject | undefined): CallToolResult {
  if (result.truncated) return toRemnant(result);
  const content = parts?.content;
  if (!Array.isArray(content) || !content.every(isSpecType.ContentBlock)) {
    return toFailure('The tool\'s answer cannot be read: it must be {"content": [...]}');
  }
  const structured = parts?.structuredContent;
  return {
    content,
    ...(isJsonObject(structured) && { structuredContent: structured }),
    ...(parts?.isError === true && { isError: true }),
    _meta: toMeta(result),
  };
}

/**
 * What is left of an answer that was cut, or redacted until it was no JSON any more. Clients throw a result
 * away that does not have the structure of its tool, unless it is an error.
 */
function toRemnant(result: ToolResult): CallToolResult {
  const remnant = toText(result, undefined);
  const why = { type: 'text', text: 'The tool has run. Not all of its answer is shown:' } as const;
  return { ...remnant, content: [why, ...remnant.content], isError: true };
}

function toMeta({ label, receipt }: ToolResult): Record<string, unknown> {
  return { [LABEL_KEY]: label, ...(receipt && { [RECEIPT_KEY]: receipt }) };
}

function toFailure(text: string): CallToolResult {
  return { content: [{ type: 'text', text }], isError: true };
}

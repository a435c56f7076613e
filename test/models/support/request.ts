/** Requests to models, and what they stream, for tests. */

import type { ModelChunk, ModelPort, ModelRequest } from '../../../src/agent/ports.ts';
import type {
  AssistantMessage,
  Message,
  ToolMessage,
  UserMessage,
} from '../../../src/core/conversation/message.ts';
import type { WrittenToolCall } from '../../../src/core/conversation/tool-call.ts';
import type { ToolDefinition } from '../../../src/core/manifest/tool-definition.ts';
import { PRINCIPAL_LABEL, UNTRUSTED_LABEL } from '../../../src/core/policy/labels.ts';
import type { JsonObject } from '../../../src/core/primitives/json.ts';

export function tool(
  name: string,
  description: string,
  properties: JsonObject,
  required: readonly string[] = [],
): ToolDefinition {
  return {
    name,
    description,
    inputSchema: { type: 'object', properties, required, additionalProperties: false },
    annotations: {},
    requires: [],
    entry: name.replaceAll('-', '_'),
  };
}

/** The three example tools of the project, as their manifests describe them. */
export const EXAMPLE_TOOLS: readonly ToolDefinition[] = [
  tool(
    'text-stats',
    'Counts the words, characters, lines and sentences of a text, and says how long it takes to read.',
    { text: { type: 'string', description: 'The text to count in.' } },
    ['text'],
  ),
  tool(
    'json-query',
    'Reads values from a JSON document by a path such as user.name, items[0].price, items[*].id or ..name.',
    {
      json: { type: 'string', description: 'The document, as JSON text.' },
      query: {
        type: 'string',
        maxLength: 1024,
        description:
          'The path of the values: names after dots, indices in brackets, * for all, ..name at any depth.',
      },
    },
    ['json', 'query'],
  ),
  tool(
    'http-fetch',
    'Fetches a URL over HTTP and returns status, headers and body.',
    {
      url: { type: 'string', format: 'uri', description: 'An http or https URL.' },
      method: {
        type: 'string',
        enum: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'],
        description: 'GET unless stated.',
      },
      headers: {
        type: 'object',
        additionalProperties: { type: 'string' },
        maxProperties: 32,
      },
      body: { type: 'string', description: 'What is sent; not with GET and HEAD.' },
    },
    ['url'],
  ),
];

export function user(content: string): UserMessage {
  return { role: 'user', content, label: PRINCIPAL_LABEL };
}

export function assistant(content: string, ...toolCalls: WrittenToolCall[]): AssistantMessage {
  return { role: 'assistant', content, toolCalls, label: UNTRUSTED_LABEL };
}

export function toolMessage(call: WrittenToolCall, content: string, isError = false): ToolMessage {
  return {
    role: 'tool',
    modelCallId: call.id,
    toolName: call.name,
    content,
    isError,
    label: UNTRUSTED_LABEL,
  };
}

export function requestOf(
  messages: readonly Message[],
  changes: Partial<ModelRequest> = {},
): ModelRequest {
  const model = changes.model ?? 'test/model';
  return {
    ...{ model, models: [model], messages },
    tools: EXAMPLE_TOOLS,
    toolChoice: 'auto',
    maxOutputTokens: 1024,
    ...changes,
  };
}

export interface Reply {
  readonly text: string;
  readonly calls: readonly WrittenToolCall[];
  readonly chunks: readonly ModelChunk[];
}

export async function ask(
  model: ModelPort,
  request: ModelRequest,
  signal: AbortSignal = new AbortController().signal,
): Promise<Reply> {
  const chunks: ModelChunk[] = [];
  for await (const chunk of model.stream(request, signal)) chunks.push(chunk);
  return {
    text: chunks.map((chunk) => (chunk.kind === 'text' ? chunk.text : '')).join(''),
    calls: chunks.flatMap((chunk) => (chunk.kind === 'tool-call' ? [chunk.call] : [])),
    chunks,
  };
}

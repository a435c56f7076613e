/**
 * What a model is sent, as texts: the one answer to what a request is reserved and settled by.
 *
 * @module
 */

import type { ToolDefinition } from '../manifest/tool-definition.ts';
import type { Message } from './message.ts';

/** As a model is shown it. */
type ShownTool = Pick<ToolDefinition, 'name' | 'description' | 'inputSchema'>;

/** With its calls, and what its vendor wants back with it. */
export function textsOfMessage(message: Message): readonly string[] {
  if (message.role !== 'assistant') return [message.content];
  const calls = message.toolCalls.flatMap((call) => [call.name, call.argumentsText]);
  const echo = message.echo === undefined ? [] : [JSON.stringify(message.echo.parts)];
  return [message.content, ...calls, ...echo];
}

export function textsOfTools(tools: readonly ShownTool[]): readonly string[] {
  return tools.flatMap((tool) => [tool.name + tool.description, JSON.stringify(tool.inputSchema)]);
}

/** Of a whole request. Reads all of it each time. */
export function countCharacters({
  messages,
  tools,
}: {
  readonly messages: readonly Message[];
  readonly tools: readonly ShownTool[];
}): number {
  let characters = 0;
  for (const text of textsOfTools(tools)) characters += text.length;
  for (const message of messages) {
    for (const text of textsOfMessage(message)) characters += text.length;
  }
  return characters;
}

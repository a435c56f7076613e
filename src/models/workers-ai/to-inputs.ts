/**
 * A request as Workers AI takes it. What its client wishes of the reply goes along, as far as the model
 * can do it: none is offered tools that calls none, and a reply in a form of its own comes whole.
 *
 * @module
 */

import type { ModelRequest } from '../../agent/ports.ts';
import type { JsonValue } from '../../core/primitives/json.ts';
import type { ModelFacts } from '../model-facts.ts';
import { toPassages } from '../paired-conversation.ts';

export type Inputs = Record<string, unknown> & { readonly stream: boolean };

export function toInputs(
  request: ModelRequest,
  facts: Pick<ModelFacts, 'tools' | 'streaming'>,
): Inputs {
  const { temperature, topP, stopSequences, format } = request;
  return {
    messages: toMessages(request),
    max_tokens: request.maxOutputTokens,
    stream: facts.streaming && format === undefined,
    ...(temperature !== undefined && { temperature }),
    ...(topP !== undefined && { top_p: topP }),
    ...(stopSequences && { stop: stopSequences }),
    ...(format && { response_format: toResponseFormat(format) }),
    ...(facts.tools && request.toolChoice !== 'none' && toTools(request)),
  };
}

function toResponseFormat(format: NonNullable<ModelRequest['format']>) {
  if (format.kind === 'json') return { type: 'json_object' };
  return { type: 'json_schema', json_schema: format.schema };
}

function toTools({ tools, toolChoice }: ModelRequest) {
  if (tools.length === 0) return {};
  const choice =
    typeof toolChoice === 'string'
      ? toolChoice
      : { type: 'function', function: { name: toolChoice.tool } };
  return {
    tools: tools.map(({ name, description, inputSchema }) => ({
      type: 'function',
      function: { name, description, parameters: inputSchema },
    })),
    ...(choice !== 'auto' && { tool_choice: choice }),
  };
}

function toMessages(request: ModelRequest): JsonValue[] {
  return toPassages(request.messages).flatMap((passage): JsonValue[] => {
    if (passage.kind !== 'assistant') {
      return [{ role: passage.kind, content: passage.text.toWellFormed() }];
    }
    const content = passage.message.content.toWellFormed();
    if (passage.calls.length === 0) return [{ role: 'assistant', content }];
    const calls = passage.calls.map(({ id, name, input }) => ({
      id,
      type: 'function',
      function: { name, arguments: JSON.stringify(input) },
    }));
    const results = passage.calls.map(({ id, name, result }) => ({
      role: 'tool',
      tool_call_id: id,
      name,
      content: result.toWellFormed(),
    }));
    return [{ role: 'assistant', content, tool_calls: calls }, ...results];
  });
}

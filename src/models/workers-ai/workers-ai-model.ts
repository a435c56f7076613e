/**
 * Models of Workers AI, through the binding where the deployment has one.
 *
 * @module
 */

import { ModelFault } from '../../agent/model-fault.ts';
import type { ModelChunk, ModelPort, ModelRequest } from '../../agent/ports.ts';
import type { JsonValue } from '../../core/primitives/json.ts';
import { beginWithin } from '../begin-within.ts';
import { countCharacters, estimateTokens, reserveTokens } from '../count-tokens.ts';
import type { AiBinding } from '../model-bindings.ts';
import { type ModelPrice, toUsage } from '../model-price.ts';
import { toPassages } from '../paired-conversation.ts';
import { cutOff, unreachable } from '../provider-fault.ts';
import { readReply } from './read-reply.ts';

const PROVIDER = 'workers-ai';

export function createWorkersAiModel(
  binding: AiBinding,
  model: string,
  { price, firstByteMs }: Pick<Source, 'price' | 'firstByteMs'>,
): ModelPort {
  const source = { binding, model, price, firstByteMs };
  return {
    stream: (request, signal) => stream(source, request, signal),
    reserve: (request) => toUsage(price, reserveTokens(request), request.maxOutputTokens),
    price: (inputTokens, outputTokens) => toUsage(price, inputTokens, outputTokens),
  };
}

interface Source {
  readonly binding: AiBinding;
  /** As Workers AI names it: `@cf/…`. */
  readonly model: string;
  readonly price: ModelPrice;
  /** Milliseconds until it must have begun its answer. */
  readonly firstByteMs: number;
}

async function* stream(
  source: Source,
  request: ModelRequest,
  signal: AbortSignal,
): AsyncGenerator<ModelChunk> {
  const body = await ask(source, request, signal);
  let outputCharacters = 0;
  let usage: { readonly input: number; readonly output: number } | undefined;
  try {
    for await (const chunk of readReply(body)) {
      if (signal.aborted) return;
      if (chunk.kind === 'usage') {
        usage = chunk;
        continue;
      }
      outputCharacters +=
        chunk.kind === 'text' ? chunk.text.length : chunk.call.argumentsText.length;
      yield chunk;
    }
  } catch (thrown) {
    throw thrown instanceof ModelFault ? thrown : cutOff(PROVIDER);
  }
  const input = usage?.input ?? estimateTokens(countCharacters(request.messages));
  const output = usage?.output ?? estimateTokens(outputCharacters);
  yield { kind: 'end', usage: toUsage(source.price, input, output) };
}

async function ask(
  { binding, model, firstByteMs }: Source,
  request: ModelRequest,
  signal: AbortSignal,
): Promise<ReadableStream<Uint8Array>> {
  const answer = await beginWithin({ provider: PROVIDER, firstByteMs }, signal, (abortSignal) =>
    binding.run(model, toInputs(request), { signal: abortSignal }),
  ).catch((thrown: unknown) => {
    throw thrown instanceof ModelFault ? thrown : unreachable(PROVIDER); // it may repeat the request
  });
  if (answer instanceof ReadableStream) return answer;
  throw unreachable(PROVIDER);
}

function toInputs(request: ModelRequest): Record<string, unknown> {
  const inputs = {
    messages: toMessages(request),
    max_tokens: request.maxOutputTokens,
    stream: true,
  };
  if (request.tools.length === 0 || request.toolChoice === 'none') return inputs;
  const tools = request.tools.map(({ name, description, inputSchema }) => ({
    type: 'function',
    function: { name, description, parameters: inputSchema },
  }));
  return { ...inputs, tools };
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

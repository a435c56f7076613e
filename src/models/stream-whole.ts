/**
 * The reply of a model that does not stream, as the parts of a stream that comes all at once.
 *
 * @module
 */

import type {
  LanguageModelV4Content,
  LanguageModelV4GenerateResult,
  LanguageModelV4StreamPart,
} from '@ai-sdk/provider';

export function streamWhole(
  reply: LanguageModelV4GenerateResult,
): ReadableStream<LanguageModelV4StreamPart> {
  const { content, finishReason, usage } = reply;
  const parts = [...content.flatMap(toParts), { type: 'finish', finishReason, usage } as const];
  return new ReadableStream({
    start(controller) {
      for (const part of parts) controller.enqueue(part);
      controller.close();
    },
  });
}

function toParts(content: LanguageModelV4Content, index: number): LanguageModelV4StreamPart[] {
  if (content.type === 'tool-call') return [content];
  if (content.type !== 'text' && content.type !== 'reasoning') return [];
  const { type, text, providerMetadata } = content;
  const id = String(index);
  return [
    { type: `${type}-start`, id, ...(providerMetadata && { providerMetadata }) },
    { type: `${type}-delta`, id, delta: text },
    { type: `${type}-end`, id },
  ];
}

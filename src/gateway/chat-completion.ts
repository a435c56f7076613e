/**
 * A turn's answer in the shape of OpenAI's chat completions, whole and in chunks.
 *
 * @module
 */

import type { TurnSummary } from '../blocks/session/session-api.ts';
import type { TurnEvent, TurnEventBody } from '../core/conversation/turn-event.ts';
import type { Usage } from '../core/conversation/usage.ts';
import { ERROR_CODES } from '../core/errors/codes.ts';
import type { WriteEvent } from './event-stream.ts';

export function toChatCompletion(summary: TurnSummary, model: string, now: number): object {
  return {
    id: toCompletionId(summary.turnId),
    object: 'chat.completion',
    created: Math.floor(now / 1_000),
    model,
    choices: [
      {
        index: 0,
        message: { role: 'assistant', content: summary.output, refusal: null },
        logprobs: null,
        finish_reason: 'stop',
      },
    ],
    usage: toOpenAiUsage(summary.usage),
  };
}

export interface ChunkStream {
  readonly turnId: string;
  readonly model: string;
  /** Epoch milliseconds. */
  readonly createdAt: number;
  readonly includeUsage: boolean;
}

/** How each event of the turn becomes chunks. Rounds before the last one are text, too. */
export function writeChunks(stream: ChunkStream): WriteEvent {
  const frame = {
    id: toCompletionId(stream.turnId),
    object: 'chat.completion.chunk',
    created: Math.floor(stream.createdAt / 1_000),
    model: stream.model,
  };
  const choice = (delta: object, finish: string | null) =>
    toData({
      ...frame,
      choices: [{ index: 0, delta, logprobs: null, finish_reason: finish }],
      ...(stream.includeUsage && { usage: null }),
    });
  return ({ body }: TurnEvent): string => {
    switch (body.kind) {
      case 'turn-started':
        return choice({ role: 'assistant', content: '' }, null);
      case 'text-delta':
        return choice({ content: body.text }, null);
      case 'turn-finished':
        return (
          choice({}, 'stop') +
          (stream.includeUsage
            ? toData({ ...frame, choices: [], usage: toOpenAiUsage(body.usage) })
            : '')
        );
      case 'turn-failed':
        return toData({ error: toStreamError(body) });
      default:
        return '';
    }
  };
}

function toStreamError({ code }: Extract<TurnEventBody, { kind: 'turn-failed' }>): object {
  const message = code === 'cancelled' ? 'The turn was cancelled' : ERROR_CODES[code].title;
  return { message, type: 'api_error', param: null, code };
}

function toOpenAiUsage({ inputTokens, outputTokens }: Usage): object {
  return {
    prompt_tokens: inputTokens,
    completion_tokens: outputTokens,
    total_tokens: inputTokens + outputTokens,
  };
}

function toCompletionId(turnId: string): string {
  return `chatcmpl-${turnId}`;
}

function toData(value: object): string {
  return `data: ${JSON.stringify(value)}\n\n`;
}
